"""How verbs deal with remote machines: they show the price and ask, show the jobs, and leave."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qfusion_core.cli.output import print_json
from qfusion_core.cli.progress import show_jobs

if TYPE_CHECKING:
    from qfusion_core.remote.measurement import Measurement
    from qfusion_core.remote.price import Price


@contextmanager
def measuring(
    run: Path,
    verb: str,
    subject: str,
    *,
    again: bool = False,
    yes: bool = False,
    no_wait: bool = False,
    as_json: bool = False,
) -> Iterator[Measurement]:
    """The measurement of a verb, for devices that turn out to be remote.

    With ``no_wait`` it ends the verb, with exit code 0, once the jobs are submitted.
    """
    from qfusion_core.remote.errors import JobsLeft
    from qfusion_core.remote.measurement import Measurement

    def approve(backend: str, price: Price) -> None:
        from qfusion_core.errors import InputError

        typer.echo(f"{backend}: {price}", err=True)
        if yes:
            return
        if not sys.stdin.isatty():
            raise InputError(f"{backend} costs money ({price}); add --yes to agree")
        typer.confirm("Send it?", abort=True, err=True)

    try:
        with (
            show_jobs() as on_progress,
            Measurement(
                run,
                verb,
                subject,
                again=again,
                wait=not no_wait,
                approve=approve,
                on_progress=on_progress,
                say=lambda line: typer.echo(line, err=True),
            ) as measurement,
        ):
            yield measurement
            if measurement.adopted:
                typer.echo(f"values of this measurement: {measurement.adopted}", err=True)
    except JobsLeft as left:
        if as_json:
            print_json({"run": str(run), "measurement": measurement.ids, "left": str(left)})
        else:
            typer.echo(str(left))
        raise typer.Exit from None


def say_offline(why: str | None) -> None:
    """Say that a plan was made without asking the machine; nothing if it was asked."""
    if why is not None:
        typer.echo(
            f"planned without the machine's own word, from what is known here: {why}", err=True
        )
