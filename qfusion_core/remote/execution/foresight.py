"""A loop of steps is priced, checked against the budget and asked for before it begins.

What a step asks is known when it is asked: of each circuit in it the whole loop is asked for at its
first call, before anything of that circuit is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count, takewhile

from torch import Tensor

from qfusion_core.remote.adapter.approval import Kind
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.journal.rows.records import CallId, PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.planning.estimate import plans_of_step, require_budgets
from qfusion_core.remote.planning.queued_device import QueuedDevice


def foresee(queue: QueuedDevice, call: Call, columns: Tensor) -> None:
    """Plan all steps of the measurement's loop that are not written down yet, and ask for them.

    Once for each circuit and its observables; where a pass back is asked for later only, for that.

    Args:
        queue: The machines.
        call: The forward pass of a step.
        columns: Angles whose gradient will be asked for; none: there is no pass back.

    Raises:
        BudgetError: The whole does not fit, with what is foreseen of others; nothing was sent.
        InputError: The user did not agree.
    """
    steps = queue.bound.measurement.steps
    if steps is not None and not queue.local:
        with queue.bound.measurement.turn():  # two threads are one question
            _foresee(queue, call, columns, steps)


def _foresee(queue: QueuedDevice, call: Call, columns: Tensor, steps: int) -> None:
    measurement = queue.bound.measurement
    approval = measurement.approval
    kind = Kind(queue.identity, call.circuit.digest(), call.observables)
    known = approval.foreseen.get(kind, [])
    if len(known) > bool(len(columns)):
        return
    measurement.begun(kind.about, call, queue.values_digests())  # found, if it is there, for below
    passes = plans_of_step(queue, call, columns)
    unsent = {
        each: _unsent(own, _calls_written(measurement, each, call), steps)
        for each, own in (approval.foreseen | {kind: passes}).items()
    }
    plan = list(chain(*unsent[kind][len(known) :]))
    if plan:
        whole = chain(*chain(*unsent.values()))
        require_budgets(queue, whole, f"{steps} steps of a loop: ")
        _require_agreement(queue, plan, steps)
    approval.foreseen[kind] = passes


def _require_agreement(queue: QueuedDevice, plan: Sequence[PlannedJob], steps: int) -> None:
    approval, name, members = queue.bound.measurement.approval, queue.bound.backend, queue.members
    costly = [job for job in plan if members[job.backend].paid and not members[job.backend].local]
    if not costly:
        return
    price = Price.total(job.price for job in costly)
    beside = "" if approval.ahead is None else ", beside those that were agreed to"
    approval.on_price(f"{name}: {steps} steps, {len(plan)} jobs still to send{beside}", price)
    approval.require(name, price)
    approval.ahead = price if approval.ahead is None else approval.ahead + price


def _unsent(
    passes: Sequence[Sequence[PlannedJob]], written: int, steps: int
) -> list[list[PlannedJob]]:
    """Jobs of each pass of a step, as often as it is still to come."""
    done = [(written + len(passes) - 1 - place) // len(passes) for place in range(len(passes))]
    return [[*own] * max(0, steps - n) for own, n in zip(passes, done, strict=True)]


def _calls_written(measurement: Measurement, kind: Kind, call: Call) -> int:
    """How many calls of a kind the journal has; none where its measurement is still to begin."""
    if (begun := measurement.begun(kind.about, call)) is None:
        return 0
    journal = measurement.journal
    calls = (journal.call(CallId(begun.measurement, number)) for number in count())
    return sum(
        call.observables == kind.observables and call.circuit.digest() == kind.circuit
        for call in takewhile(lambda call: call is not None, calls)
        if call is not None
    )
