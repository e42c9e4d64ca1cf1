"""The verbs. A new one is a file with one function, and one line here.

Imported by ``qfusion --help``: torch and PennyLane are imported inside the verbs.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from qfusion_core.cli.backends.app import backends
from qfusion_core.cli.calibrate import calibrate
from qfusion_core.cli.compare import compare
from qfusion_core.cli.demo import demo
from qfusion_core.cli.distil import distil
from qfusion_core.cli.estimate import estimate
from qfusion_core.cli.evaluate import evaluate
from qfusion_core.cli.export import export
from qfusion_core.cli.jobs.app import jobs
from qfusion_core.cli.plugins import plugins
from qfusion_core.cli.predict import predict
from qfusion_core.cli.refit import refit
from qfusion_core.cli.train import train
from qfusion_core.cli.trust import trust
from qfusion_core.cli.verbs import Verb, Verbs

TRACEBACK = "QFUSION_TRACEBACK"

app = typer.Typer(
    name="qfusion",
    cls=Verbs,
    help="Quantum-classical feature fusion: train once, run on any backend.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: a switch is no "<bool>", and [fast] is no markup
)
for verb in (
    demo, train, evaluate, predict, compare, estimate, calibrate, distil, refit, export,
):  # fmt: skip
    app.command(cls=Verb)(verb)
app.add_typer(jobs, name="jobs")
app.command(cls=Verb)(plugins)
app.add_typer(backends, name="backends")
app.command(cls=Verb)(trust)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"qfusion {version('qfusion')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    traceback: Annotated[
        bool, typer.Option("--traceback", help=f"Full traceback of an error (or {TRACEBACK}=1).")
    ] = False,
) -> None:
    if traceback:
        os.environ[TRACEBACK] = "1"  # worker processes inherit it
