"""``qfusion export``: a copy of a run folder to share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.cli.options import Run
from qfusion_core.cli.output import AsJson, print_json, say


def export(
    run: Run,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="A new folder.")],
    as_json: AsJson = False,
) -> None:
    """Write a copy of RUN without paths, host names, accounts and job ids, and say what it holds.

    It loads and evaluates as RUN does. A data set that is a file of your own is not copied.
    """
    from qfusion_core.runs.folder import RunFolder

    RunFolder.open(run)

    from qfusion_core.runs.export import describe
    from qfusion_core.runs.export import export as write_copy

    made = write_copy(run, to)
    if as_json:
        print_json(
            {
                "run": str(run),
                "path": str(made.path),
                "files": made.files,
                "remains": made.remains,
                "left_out": made.left_out,
            }
        )
        return
    for line in describe(made):
        say(line)
