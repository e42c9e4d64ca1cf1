"""``qfusion backends``: where a model can run, and what is known of the machines there."""

from __future__ import annotations

import typer

from qfusion_core.cli.backends.list import list_backends
from qfusion_core.cli.backends.machines import machines, refresh
from qfusion_core.cli.backends.save import save
from qfusion_core.cli.list_by_default import ListByDefault
from qfusion_core.cli.verbs import Verb

backends = typer.Typer(
    cls=ListByDefault,
    help="List the entries of backends.yaml, examine them (`qfusion backends NAME --check`), or "
    "save what is told of a machine.",
)
backends.command("list", cls=Verb)(list_backends)
backends.command(cls=Verb)(save)
backends.command(cls=Verb)(machines)
backends.command(cls=Verb)(refresh)
