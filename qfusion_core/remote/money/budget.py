"""What a backend may still spend in a run. Checked inside the transaction that writes the jobs."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field

from qfusion_core.options import Options
from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.money.price import Price, Range, is_amount

_Amount = Annotated[float | None, Field(gt=0)]
_Count = Annotated[int | None, Field(ge=1, le=2**53)]


class Budget(Options):
    """What a backend may spend at most: over one run, and over all runs together."""

    max_usd: _Amount = Field(default=None, description="US dollars")
    max_qpu_seconds: _Amount = Field(default=None, description="QPU time, in seconds")
    max_jobs: _Count = Field(default=None, description="jobs or tasks")
    max_shots: _Count = Field(default=None, description="shots, over all circuits")
    max_executions: _Count = Field(default=None, description="circuits")
    max_usd_total: _Amount = Field(default=None, description="US dollars, over all runs")
    max_qpu_seconds_total: _Amount = Field(
        default=None, description="QPU time in seconds, over all runs"
    )
    max_jobs_total: _Count = Field(default=None, description="jobs or tasks, over all runs")
    max_shots_total: _Count = Field(default=None, description="shots, over all runs")
    max_executions_total: _Count = Field(default=None, description="circuits, over all runs")

    @property
    def limits(self) -> dict[str, float]:
        """Those that are set, by name; none where nothing is limited."""
        return self.model_dump(exclude_none=True)


class Spending(NamedTuple):
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
_TOTAL = "_total"


def upper(amount: Range | None) -> float | None:
    """The end that is reserved; None where nothing is known."""
    return None if amount is None else amount.high


def remaining(budget: Budget, spent: Spending) -> dict[str, float]:
    """What is left of each limit of a run that is set, by its name."""
    return {
        limit: max(0.0, allowed - getattr(spent, _UNITS[limit][0]))
        for limit, allowed in budget.limits.items()
        if limit in _UNITS
    }


def remaining_of_all(budget: Budget, spent: Spending) -> dict[str, float]:
    """What is left of each limit over all runs that is set, by its name."""
    return {
        limit: max(0.0, allowed - getattr(spent, _UNITS[limit.removesuffix(_TOTAL)][0]))
        for limit, allowed in budget.limits.items()
        if limit.endswith(_TOTAL)
    }


def require_budget(backend: str, budget: Budget, spent: Spending, price: Price) -> None:
    """Refuse a plan that could overspend.

    Args:
        backend: For the text of the error.
        budget: What the backend may spend in this run.
        spent: What it has spent or reserved in this run.
        price: Of all jobs of the plan.

    Raises:
        BudgetError: Names limit, need and rest; also where a limit cannot be checked because the
            adapter knows no price, or because what was spent is no amount.
    """
    _require_amounts(backend, spent, "this run")
    _require(backend, budget, remaining(budget, spent), price, "in this run")


def require_budget_of_all(backend: str, budget: Budget, spent: Spending, price: Price) -> None:
    """Likewise, of what all runs together may spend, and have spent."""
    _require_amounts(backend, spent, "all runs")
    _require(backend, budget, remaining_of_all(budget, spent), price, "over all runs")


def _require_amounts(backend: str, spent: Spending, where: str) -> None:
    if wrong := [name for name, sum_ in spent._asdict().items() if not is_amount(sum_)]:
        raise BudgetError(
            f"{backend}: what {where} spent in {wrong[0]} is no amount ({spent._asdict()[wrong[0]]}"
            "), so no budget can be checked; nothing was sent; the journal is damaged"
        )


def _require(
    backend: str, budget: Budget, rests: dict[str, float], price: Price, where: str
) -> None:
    for limit, rest in rests.items():
        allowed, (field, unit) = getattr(budget, limit), _UNITS[limit.removesuffix(_TOTAL)]
        need = price.tasks if field == "jobs" else getattr(price, field)
        need = upper(need) if isinstance(need, Range) else need
        if need is None:
            raise BudgetError(
                f"{backend}: budget {limit} {allowed:g} cannot be checked: no price is known; "
                "nothing was sent; give the price in prices.yaml, or set another limit"
            )
        if not need <= rest + 1e-9:
            raise BudgetError(
                f"{backend}: the plan needs up to {need:g} {unit}, but of {limit} {allowed:g} only "
                f"{rest:g} are left {where}; nothing was sent; use fewer rows or shots, or raise "
                f"{limit} in backends.yaml"
            )
