"""``qfusion export``: a copy of a run folder to share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.cli.options import Run
from qfusion_core.cli.output import AsJson, show


def export(
    run: Run,
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="A new folder.")],
    as_json: AsJson = False,
) -> None:
    """Write a copy of RUN without paths, host names, accounts and job ids, and say what it holds.

    It loads and evaluates as RUN does. A data set that is a file of your own is not copied.
    """
    from qfusion_core.workflows import export as verb

    show(verb.export(run, to), as_json=as_json)
