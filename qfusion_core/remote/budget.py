"""What a backend may still spend in a run. Checked inside the transaction that writes the jobs."""

from __future__ import annotations

from typing import NamedTuple

from qfusion_core.config.backends_schema import Budget
from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.price import Price, Range


class Spent(NamedTuple):
    """What the journal counts for a backend: reserved at the high end, or as the provider said."""

    jobs: int = 0
    shots: int = 0
    executions: int = 0
    qpu_seconds: float = 0.0
    usd: float = 0.0


_UNITS = {
    "max_usd": ("usd", "USD"),
    "max_qpu_seconds": ("qpu_seconds", "s of QPU time"),
    "max_jobs": ("jobs", "job(s)"),
    "max_shots": ("shots", "shots"),
    "max_executions": ("executions", "executions"),
}


def high(amount: Range | None) -> float | None:
    """The end that is reserved; None where nothing is known."""
    return None if amount is None else amount.high


def left(budget: Budget, spent: Spent) -> dict[str, float]:
    """What is left of each limit that is set, by its name."""
    limits = {limit: getattr(budget, limit) for limit in _UNITS}
    return {
        limit: max(0.0, allowed - getattr(spent, _UNITS[limit][0]))
        for limit, allowed in limits.items()
        if allowed is not None
    }


def require_budget(backend: str, budget: Budget, spent: Spent, price: Price) -> None:
    """Refuse a plan that could overspend.

    Args:
        backend: For the text of the error.
        budget: What the backend may spend in this run.
        spent: What it has spent or reserved in this run.
        price: Of all jobs of the plan.

    Raises:
        BudgetError: Names limit, need and rest; also where a limit cannot be checked because the
            adapter knows no price.
    """
    needs = {
        "max_usd": high(price.usd),
        "max_qpu_seconds": high(price.qpu_seconds),
        "max_jobs": price.tasks,
        "max_shots": price.shots,
        "max_executions": price.executions,
    }
    for limit, rest in left(budget, spent).items():
        allowed, need, (_, unit) = getattr(budget, limit), needs[limit], _UNITS[limit]
        if need is None:
            raise BudgetError(
                f"{backend}: budget {limit} {allowed:g} cannot be checked: no price is known; "
                "nothing was sent; give the price in prices.yaml, or set another limit"
            )
        if need > rest + 1e-9:
            raise BudgetError(
                f"{backend}: the plan needs up to {need:g} {unit}, but of {limit} {allowed:g} only "
                f"{rest:g} are left in this run; nothing was sent; use fewer --samples, or raise "
                f"{limit} in backends.yaml"
            )
