"""What one job may take of a budget, for a provider that can be told to end it there."""

from __future__ import annotations

from typing import NamedTuple

from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.money.budget import upper
from qfusion_core.remote.money.price import Price


class Allowance(NamedTuple):
    """None where no limit is set."""

    usd: float | None
    qpu_seconds: float | None


def allowance(bound: Binding, price: Price) -> Allowance:
    """What is reserved for a job: the high end of its price.

    What is reserved for all jobs fits the budget, of a run and of all runs; so do jobs that end
    there, however many processes send them.

    Args:
        bound: Whose budget.
        price: Of the job.
    """
    limits = bound.budget.limits if bound.budget else {}
    usd = upper(price.usd) if any("usd" in name for name in limits) else None
    seconds = upper(price.qpu_seconds) if any("qpu_seconds" in name for name in limits) else None
    return Allowance(usd, seconds)
