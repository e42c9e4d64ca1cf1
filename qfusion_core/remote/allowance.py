"""What a budget leaves to one job, for a provider that can be told to end it there."""

from __future__ import annotations

from typing import NamedTuple

from qfusion_core.remote.budget import Spent, high
from qfusion_core.remote.fleet import Binding
from qfusion_core.remote.intents import UNFINISHED
from qfusion_core.remote.price import Price
from qfusion_core.remote.totals import total_of


class Allowance(NamedTuple):
    """None where no limit is set."""

    usd: float | None
    qpu_seconds: float | None


def allowance(bound: Binding, price: Price) -> Allowance:
    """What is reserved for a job, and its part of what is reserved for none.

    All unfinished jobs together stay within the budget, however long each takes.

    Args:
        bound: Whose budget, and whose journal.
        price: Of the job, which is reserved.
    """
    limits = bound.budget.limits if bound.budget else {}
    if not any("usd" in name or "qpu_seconds" in name for name in limits):
        return Allowance(None, None)
    journal = bound.measurement.journal
    spent = journal.spent(bound.backend)
    of_all = total_of(bound.backend) if any(n.endswith("_total") for n in limits) else Spent()
    jobs = [job for job in journal.jobs.all() if job.backend == bound.backend]
    unfinished = sum(job.state in UNFINISHED for job in jobs)

    def left(field: str) -> float | None:
        rests = [
            limits[name] - getattr(sums, field)
            for name, sums in ((f"max_{field}", spent), (f"max_{field}_total", of_all))
            if name in limits
        ]
        own = high(getattr(price, field)) or 0.0
        return own + max(0.0, min(rests)) / max(1, unfinished) if rests else None

    return Allowance(left("usd"), left("qpu_seconds"))
