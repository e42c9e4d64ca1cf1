"""How verbs deal with remote machines: they show the price and ask, show the jobs, and leave."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from qfusion_core.cli.job_progress import show_jobs
from qfusion_core.cli.output import print_json, say

if TYPE_CHECKING:
    from qfusion_core.remote.money.price import Price
    from qfusion_core.workflows.job_options import JobOptions


def agrees(*, yes: bool) -> Callable[[Price], bool]:
    """Whether a price may be spent: asks, unless ``--yes`` was given; no where nobody can say."""

    def agree(price: Price) -> bool:
        if yes:
            return True
        return sys.stdin.isatty() and typer.confirm("Send it?", abort=True, err=True)

    return agree


def show_price(backend: str, price: Price) -> None:
    """Before that."""
    from qfusion_core.remote.money.price_age import price_lines

    for line in price_lines(backend, price):
        say(line, err=True)


def say_aside(line: str) -> None:
    """On standard error: what is no result."""
    say(line, err=True)


def paying(*, yes: bool) -> JobOptions:
    """Of a verb that takes no value from the journal, and has a progress of its own."""
    from qfusion_core.workflows.job_options import JobOptions

    return JobOptions(approve=agrees(yes=yes), on_price=show_price, say=say_aside)


@contextmanager
def asking(
    run: Path, *, again: bool, yes: bool, no_wait: bool, as_json: bool
) -> Iterator[JobOptions]:
    """Options of a verb that asks for prices and shows jobs as they go.

    With ``no_wait`` the verb ends, with exit code 0, once its jobs are submitted.
    """
    from qfusion_core.remote.errors import JobsLeft
    from qfusion_core.workflows.job_options import JobOptions

    try:
        with show_jobs() as on_progress:
            yield JobOptions(
                approve=agrees(yes=yes),
                again=again,
                wait=not no_wait,
                on_price=show_price,
                on_progress=on_progress,
                say=say_aside,
            )
    except JobsLeft as left:
        if as_json:
            print_json({"run": str(run), "measurement": left.measurements, "left": str(left)})
        else:
            say(str(left))
        raise typer.Exit from None


def say_shares(shares: Mapping[str, Mapping[str, Any]]) -> None:
    """Which rows came from which member of a pool, a line for each, on standard error."""
    for name, share in shares.items():
        rows = ", ".join(f"{first}-{last}" for first, last in share["rows"])
        say(f"rows {rows} from {name}{'' if share['calibrated'] else ' (raw)'}", err=True)


def say_offline(why: str | None) -> None:
    """Say that a plan was made without asking the machine; nothing if it was asked."""
    if why is not None:
        say(f"planned without the machine's own word, from what is known here: {why}", err=True)
