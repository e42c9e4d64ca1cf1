"""``qfusion jobs``: what a run has sent to remote machines."""

from __future__ import annotations

import typer

from qfusion_core.cli.jobs.adopt import adopt
from qfusion_core.cli.jobs.cancel import cancel
from qfusion_core.cli.jobs.forget import forget
from qfusion_core.cli.jobs.list import list_jobs
from qfusion_core.cli.jobs.resume import resume
from qfusion_core.cli.list_by_default import ListByDefault
from qfusion_core.cli.verbs import Verb

jobs = typer.Typer(
    cls=ListByDefault,
    help="List the remote jobs of a run; resume, cancel, forget or adopt them. --all lists what "
    "all runs have spent.",
    no_args_is_help=True,
)
jobs.command(cls=Verb)(adopt)
jobs.command("list", cls=Verb)(list_jobs)
jobs.command(cls=Verb)(resume)
jobs.command(cls=Verb)(cancel)
jobs.command(cls=Verb)(forget)
