"""A loop of steps is priced, checked against the budget and asked for before it begins."""

from __future__ import annotations

from itertools import count

from torch import Tensor

from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.journal.rows.records import CallId, PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.planning.estimate import check_budget, plans_of_step
from qfusion_core.remote.planning.queued_device import QueuedDevice


def foresee(queue: QueuedDevice, call: Call, columns: Tensor) -> None:
    """Plan all steps of the measurement's loop that are not written down yet, and ask for them.

    Args:
        queue: The machines.
        call: The forward pass of a step.
        columns: Angles whose gradient will be asked for; none: there is no pass back.

    Raises:
        BudgetError: The whole does not fit; nothing was sent.
        InputError: The user did not agree.
    """
    measurement = queue.bound.measurement
    approval, steps = measurement.approval, measurement.steps
    if steps is None or approval.ahead is not None or queue.local:
        return
    jobs = plans_of_step(queue, call, columns)
    written = _calls_written(queue, call)
    plan: list[PlannedJob] = []
    for position, own in enumerate(jobs):
        done = (written + len(jobs) - 1 - position) // len(jobs)
        plan += own * max(0, steps - done)
    if not plan:
        return
    checks = check_budget(queue, plan)
    if refusals := [check.refusal for check in checks.values() if check.refusal]:
        raise BudgetError(f"{steps} steps of a loop: {refusals[0]}")
    members = queue.members
    costly = [job for job in plan if members[job.backend].paid and not members[job.backend].local]
    if costly:
        price = Price.total(job.price for job in costly)
        name = queue.bound.backend
        approval.on_price(f"{name}: {steps} steps, {len(plan)} jobs still to send", price)
        approval.require(name, price)
        approval.ahead = price


def _calls_written(queue: QueuedDevice, call: Call) -> int:
    """How many calls of the measurement the journal has."""
    measurement = queue.bound.measurement
    first = measurement.at(queue.identity, call, queue.values_digests())
    journal = measurement.journal
    return next(n for n in count() if journal.call(CallId(first.measurement, n)) is None)
