"""How verbs deal with remote machines: they show the price and ask, show the jobs, and leave."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qfusion_core.cli.output import print_json, say
from qfusion_core.cli.progress import show_jobs

if TYPE_CHECKING:
    from qfusion_core.remote.measurement import Measurement
    from qfusion_core.remote.price import Price


def agrees(*, yes: bool) -> Callable[[Price], bool]:
    """Whether a price may be spent: asks, unless ``--yes`` was given; no where nobody can say."""

    def agree(price: Price) -> bool:
        if yes:
            return True
        return sys.stdin.isatty() and typer.confirm("Send it?", abort=True, err=True)

    return agree


def show_price(backend: str, price: Price) -> None:
    """Before that."""
    from qfusion_core.remote.price_age import said_of_age

    say(f"{backend}: {price}", err=True)
    if old := said_of_age(price):
        say(old, err=True)


def paying(run: Path, *, yes: bool) -> Measurement:
    """A measurement of a verb that takes no value from the journal."""
    from qfusion_core.remote.measurement import Measurement

    return Measurement(run, approve=agrees(yes=yes), on_price=show_price)


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

    try:
        with (
            show_jobs() as on_progress,
            Measurement(
                run,
                verb,
                subject,
                again=again,
                wait=not no_wait,
                approve=agrees(yes=yes),
                on_price=show_price,
                on_progress=on_progress,
                say=lambda line: say(line, err=True),
            ) as measurement,
        ):
            yield measurement
            if measurement.adopted:
                say(f"values of this measurement: {measurement.adopted}", err=True)
    except JobsLeft as left:
        if as_json:
            print_json({"run": str(run), "measurement": measurement.ids, "left": str(left)})
        else:
            say(str(left))
        raise typer.Exit from None


def say_offline(why: str | None) -> None:
    """Say that a plan was made without asking the machine; nothing if it was asked."""
    if why is not None:
        say(f"planned without the machine's own word, from what is known here: {why}", err=True)
