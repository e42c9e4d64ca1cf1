"""``qfusion jobs list``: what a run has sent to remote machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qfusion_core.cli.jobs.spending import show_spending
from qfusion_core.cli.output import AsJson, show


def list_jobs(
    run: Annotated[
        Path | None, typer.Argument(metavar="RUN", help="Folder of a run, or of a journal.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="What all runs have spent, by backend; without RUN.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List measurements and their jobs. Asks no machine."""
    from qfusion_core.errors import InputError
    from qfusion_core.workflows import jobs as verb

    if every and run is None:
        show_spending(as_json=as_json)
        return
    if run is None or every:
        raise InputError("give the folder of a run, or --all: `qfusion jobs RUN`")
    show(verb.jobs(run), as_json=as_json)
