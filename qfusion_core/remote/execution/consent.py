"""Nothing is sent that this process was not allowed to spend, whoever planned it.

A job that this process did not write itself, because another process did or because the journal
came from elsewhere, passes price, budget and question like a new one, at the adapter's price of
now.
"""

from __future__ import annotations

from collections.abc import Sequence

from qfusion_core.remote.adapter.approval import NOTHING_SENT
from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.journal.rows.records import CallId, JobRecord, PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.planning.queued_device import QueuedDevice


def require_agreement(
    queue: QueuedDevice,
    call: Call,
    plan: Sequence[PlannedJob],
    way_out: str = "",
    unsent: str = NOTHING_SENT,
) -> Price:
    """Show what a plan costs, and ask; a free one passes.

    The question is for the most that it can cost: where several machines share a call, the others
    take the rows of one that fails.

    Args:
        queue: The machines.
        call: The whole.
        plan: Jobs that are to be sent.
        way_out: For an error: what to do about jobs that are written already.
        unsent: For an error: whether any of them was sent.

    Returns:
        The most that was agreed to, to be noted of the call; nothing where it is free.

    Raises:
        InputError: The user did not agree.
    """
    approval = queue.bound.measurement.approval
    paid = [name for name, device in queue.members.items() if device.paid and not device.local]
    costly = [job for job in plan if job.backend in paid]
    if not costly:
        return Price.total([])
    told = {
        name: Price.total(job.price for job in costly if job.backend == name)
        for name in dict.fromkeys(job.backend for job in costly)
    }
    most = whole = Price.total(job.price for job in costly)
    if len(queue.members) > 1:
        regions = [(planned.job.rows, planned.job.columns) for planned in plan]
        alone = queue.alone(call, regions)
        highest = Price.highest([whole, *(alone[name] for name in paid if name in alone)])
        if not highest.within(whole):
            most = highest
            told[f"{queue.bound.backend}, if members stand in for others"] = most
    if not approval.covers(most):
        for name, price in told.items():
            approval.on_price(name, price)
        approval.require(queue.bound.backend, most, way_out, unsent)
    return most


def require_consent(
    queue: QueuedDevice, call: Call, call_id: CallId, records: Sequence[JobRecord]
) -> None:
    """Before intents of one backend are sent: price, budget and question, once for each.

    Raises:
        BudgetError: They do not fit; what is reserved for them is not counted twice.
        InputError: The user did not agree.
        RemoteError: The machine cannot be asked for what its prices depend on.
    """
    measurement = queue.bound.measurement
    agreement, journal = measurement.approval.of(call_id), measurement.journal
    new = [record for record in records if record.key not in agreement.jobs]
    if not new:
        return
    device = queue.member(new[0].backend)
    retrying = retrying_caller(device)
    plan = []
    for record in new:
        job = journal.job(call, record)
        price = retrying(lambda: device.price(job))  # noqa: B023 (called at once)
        plan.append(PlannedJob(record.position, job, price, record.backend))
    prices = {record.key: planned.price for record, planned in zip(new, plan, strict=True)}
    way_out = (
        f"; no job is lost: `{measurement.command('resume', '--yes')}` goes on, "
        f"`{measurement.command('cancel')}` and then "
        f"`{measurement.command('forget', call_id.measurement)}` give up"
    )
    doubtful = sum(record.sent is not None for record in new)
    unsent = (
        f"{doubtful} of {len(new)} may be there already, and is looked for first"
        if doubtful
        else NOTHING_SENT
    )
    others = {key: price for key, price in prices.items() if not journal.jobs.wrote(key)}
    if others and device.bound.budget is not None:
        try:
            journal.jobs.reprice(device.bound.backend, others, device.bound.budget)
        except BudgetError as error:
            raise BudgetError(f"{error}{way_out}") from None
    if device.paid and not device.local:
        alive = {record.key for record in journal.jobs.of(call_id)}
        before = [price for key, price in agreement.jobs.items() if key in alive]
        if not Price.total([*before, *prices.values()]).within(agreement.most):
            agreement.most += require_agreement(queue, call, plan, way_out, unsent)
    agreement.jobs |= prices
