"""What a call would take, without sending it: the very plan that `RemoteDevice.evaluate` makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from qfusion_core.circuits.parameter_shift import shifted_rows
from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.journal.rows.records import PlannedJob
from qfusion_core.remote.journal.sqlite.totals import total_of
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.budget import (
    Spending,
    remaining,
    remaining_of_all,
    require_budget,
    require_budget_of_all,
)
from qfusion_core.remote.money.price import Price

if TYPE_CHECKING:
    from qfusion_core.model.circuit_encoder import CircuitEncoder
    from qfusion_core.remote.planning.queued_device import QueuedDevice


class Estimate(NamedTuple):
    """A plan in figures.

    Attributes:
        jobs: Number of jobs.
        price: Of all of them.
        facts: What the adapter says of a job, such as measurement settings, depth after
            transpilation or two-qubit gates; the largest over the jobs where it is a number.
    """

    jobs: int
    price: Price
    facts: dict[str, Any]

    @classmethod
    def of(cls, plan: Iterable[PlannedJob]) -> Estimate:
        """A plan, or a part of one."""
        plan = list(plan)
        facts = merge_facts(planned.job.facts for planned in plan)
        return cls(len(plan), Price.total(job.price for job in plan), facts)


def estimate(queue: QueuedDevice, encoder: CircuitEncoder, x: Tensor) -> Estimate:
    """Of `plan_of` with the same arguments."""
    return Estimate.of(plan_of(queue, encoder, x))


@torch.no_grad()
def plan_of(queue: QueuedDevice, encoder: CircuitEncoder, x: Tensor) -> list[PlannedJob]:
    """The plan of a forward pass; nothing is sent.

    Args:
        queue: Open, but nothing is asked of it that is not free.
        encoder: With the circuit.
        x: Features ``[rows, n_features]``.
    """
    circuit = encoder.traced
    angles = circuit.angles(encoder.encode(x), encoder.weights.flatten())
    return queue.assign(Call.of(circuit, angles, encoder.observables))


def plans_of_step(queue: QueuedDevice, call: Call, columns: Tensor) -> list[list[PlannedJob]]:
    """The plan of a pass forward, and of one back where a gradient is asked for; sends nothing.

    Args:
        queue: The machines.
        call: The pass forward.
        columns: Positions of the angles whose gradient is asked for.
    """
    plans = [queue.assign(call)]
    if len(columns):
        rows = shifted_rows(call.angles, columns).flatten(0, 2)
        plans.append(queue.assign(Call.of(call.circuit, rows, call.observables)))
    return plans


class BudgetCheck(NamedTuple):
    """What the budget of a backend says to a plan.

    Attributes:
        left: Of each limit, in this run, and over all runs where it has such.
        refusal: With which an evaluation would end; None where the plan fits.
    """

    left: dict[str, float]
    refusal: str | None


def check_budget(queue: QueuedDevice, plan: Iterable[PlannedJob]) -> dict[str, BudgetCheck]:
    """By backend, for those machines that have a budget; reads the journal, sends nothing."""
    plan, checks = list(plan), {}
    for name, device in queue.members.items():
        budget = device.bound.budget
        if budget is None:
            continue
        spent, refusal = device.bound.measurement.journal.spent(name), None
        total = Price.total(job.price for job in plan if job.backend == name)
        spent_of_all = total_of(name) if remaining_of_all(budget, Spending()) else Spending()
        try:
            require_budget(name, budget, spent, total)
            require_budget_of_all(name, budget, spent_of_all, total)
        except BudgetError as error:
            refusal = str(error)
        left = remaining(budget, spent) | remaining_of_all(budget, spent_of_all)
        checks[name] = BudgetCheck(left, refusal)
    return checks


def require_budgets(queue: QueuedDevice, plan: Iterable[PlannedJob], what: str = "") -> None:
    """Refuse a plan that does not fit; reads the journal, sends nothing.

    Args:
        queue: The machines.
        plan: Jobs of any of them.
        what: Of which they are, in front of an error.

    Raises:
        BudgetError: The first of what `check_budget` says.
    """
    for check in check_budget(queue, plan).values():
        if check.refusal:
            raise BudgetError(f"{what}{check.refusal}")


def merge_facts(facts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts of several jobs: the largest where it is a number, else the last.

    >>> merge_facts([{"depth": 3, "machine": "a"}, {"depth": 2, "machine": "a"}])
    {'depth': 3, 'machine': 'a'}
    """
    merged: dict[str, Any] = {}
    for job_facts in facts:
        for name, fact in job_facts.items():
            number = isinstance(fact, int | float) and name in merged
            merged[name] = max(fact, merged[name]) if number else fact
    return merged
