"""A measurement outside of the verbs: where a program's own calls are written down."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core.config.arguments import refused, require_switches
from qfusion_core.notes import note
from qfusion_core.printable import printable
from qfusion_core.workflows.limits import whole

if TYPE_CHECKING:
    from qfusion_core.remote.adapter.approval import Approve
    from qfusion_core.remote.adapter.measurement import Measurement
    from qfusion_core.remote.money.price import Price


def measurement(
    name: str,
    run: str | Path | None = None,
    *,
    subject: str = "",
    steps: int | None = None,
    again: bool = False,
    approve: Approve = None,
) -> Measurement:
    """A measurement for a program of one's own, to be used in a ``with``.

    It goes wherever a ``run`` goes: `open_backend`, ``qml.device("qfusion", run=...)``, a Qiskit
    estimator. Its calls are numbered: a program that ended too early, and is started again, gets
    from the journal what was measured, and goes on. Without ``approve`` somebody at a terminal is
    asked before anything that costs money is sent; where nobody sits there, it is refused.

    Args:
        name: Of what is done; another name is another measurement.
        run: Folder of the journal; None makes a new one, which nothing can go on with.
        subject: To what, as part of the name.
        steps: Of a loop: the whole is priced, checked against the budget and asked for before the
            first job; of several circuits in a step that of each, before its own first job.
        again: Measure again what has been finished.
        approve: As of `open_backend`.

    Raises:
        InputError: An argument is of another kind.
    """
    if not _is_line(name) or not name.strip():
        raise refused("name", name, "what is done, in a word or two on one line")
    if not _is_line(subject):
        raise refused("subject", subject, "to what it is done, on one line; empty for nothing")
    require_switches(again=again)
    steps = None if steps is None else whole("steps", steps, 1)

    from qfusion_core.remote.adapter.measurement import Measurement

    return Measurement(
        run,
        name,
        subject,
        steps=steps,
        again=again,
        approve=asked_at_a_terminal if approve is None else approve,
        on_price=None if approve is True else showing_prices(),
    )


def _is_line(value: object) -> bool:
    """Whether it is a text that a list of measurements shows as it is."""
    return isinstance(value, str) and printable(value) == value


def asked_at_a_terminal(price: Price) -> bool:
    """Whether somebody there agrees; no where nobody is."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    try:
        answer = input("Send it? [y/N] ")
    except EOFError:  # Ctrl-D ends no line, and what is said next is a line of its own
        sys.stdout.write("\n")
        return False
    return answer.strip().lower() in ("y", "yes")


def showing_prices() -> Callable[[str, Price], None]:
    """Shows each price before that, and once that its list is old."""
    told: set[str] = set()

    def show(backend: str, price: Price) -> None:
        from qfusion_core.remote.money.price_age import price_lines

        first, *ages = price_lines(backend, price)
        for line in [first, *(age for age in ages if age not in told)]:
            note(line)
        told.update(ages)

    return show
