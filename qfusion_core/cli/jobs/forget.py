"""``qfusion jobs forget``: give measurements up."""

from __future__ import annotations

from typing import Annotated

import typer

from qfusion_core.cli.options import Journal
from qfusion_core.cli.output import AsJson, print_json, say


def forget(
    run: Journal,
    which: Annotated[
        list[str], typer.Argument(metavar="MEASUREMENT", help="Ids that the list shows.")
    ],
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Also jobs that may be at the provider, and cost money there."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Never continue these measurements nor take their values again; what they cost stays."""
    from qfusion_core.workflows.run_jobs import RunJobs

    RunJobs(run).forget(which, lost=yes)
    if as_json:
        print_json({"run": str(run), "forgotten": which})
    else:
        say(f"forgotten: {', '.join(which)}")
