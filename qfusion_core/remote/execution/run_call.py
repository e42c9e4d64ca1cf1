"""One call, looked up in the journal, or planned and written down; carried out.

The stored plan and angles are used, never those that a later process computes: float32 products
differ in their last bits with batch split and threads, and would buy everything again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qfusion_core.errors import InputError, Interrupted
from qfusion_core.remote.execution.consent import require_agreement
from qfusion_core.remote.execution.local_call import evaluate_locally
from qfusion_core.remote.execution.resubmission import resubmit_failed
from qfusion_core.remote.execution.runner import CallRunner
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import Budgets, CallId
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.planning.estimate import require_budgets
from qfusion_core.remote.planning.queued_device import CallResult, Origin, QueuedDevice
from qfusion_core.remote.signals import ending_politely


def evaluate(queue: QueuedDevice, call: Call) -> CallResult:
    """Submit a call, wait for its jobs and read their values; see `RemoteDevice.evaluate`."""
    if queue.local:
        return evaluate_locally(queue, call)
    measurement = queue.bound.measurement
    with measurement.turn():
        identity, call_id, stored = _written_down(queue, call)
        carry_out(queue, stored, call_id)
        values = measurement.journal.values(call_id, stored)
        measurement.answered(identity, call_id)
    records = measurement.journal.jobs.of(call_id)
    origins = [Origin(record.backend, record.rows, record.columns) for record in records]
    return CallResult(values, origins)


def submit(queue: QueuedDevice, call: Call) -> CallRunner:
    """Submit a call without waiting for it: `evaluate`, by whichever process, goes on with it.

    Returns:
        Whose ``unfinished`` are to be waited for.

    Raises:
        QfusionError: As of `RemoteDevice.evaluate`.
    """
    with queue.bound.measurement.turn():
        _, call_id, stored = _written_down(queue, call)
        runner = CallRunner(queue, stored, call_id, budgets(queue))
        with _interruptible(queue):
            runner.submit()
    return runner


def carry_out(queue: QueuedDevice, call: Call, call_id: CallId) -> None:
    """Submit what is not submitted and wait for what is not done.

    Raises:
        JobsLeft: Nobody is to wait.
        Interrupted: The user stopped it.
    """
    runner = CallRunner(queue, call, call_id, budgets(queue))
    with _interruptible(queue):
        runner.submit()
        if runner.unfinished and not queue.bound.measurement.wait:
            raise runner.jobs_left()
        runner.wait()


def budgets(queue: QueuedDevice) -> Budgets:
    """What each of its backends may spend."""
    return {name: member.bound.budget for name, member in queue.members.items()}


@contextmanager
def _interruptible(queue: QueuedDevice) -> Iterator[None]:
    """A process that is to end says how to go on; sessions are closed when it does."""
    measurement = queue.bound.measurement
    try:
        with ending_politely():
            yield
    except KeyboardInterrupt:
        raise Interrupted(
            f"{queue.bound.backend}: interrupted; jobs that were submitted stay at the provider: "
            f"run the same again or `{measurement.command('resume')}` to go on, "
            f"`{measurement.command('cancel')}` to cancel them"
        ) from None


def _written_down(queue: QueuedDevice, call: Call) -> tuple[MeasurementIdentity, CallId, Call]:
    """A call as the journal has it, planned and written down now if it was not; its place."""
    bound = queue.bound
    _require_affordable(queue)
    measurement, identity = bound.measurement, queue.identity
    digests = queue.values_digests()
    call_id = measurement.begun(identity, call, digests)
    journal = measurement.journal
    stored = None if call_id is None else journal.call(call_id)
    if call_id is None or stored is None:
        plan = queue.assign(call)
        require_budgets(queue, plan)  # before it is asked for; once more when it is written
        most = require_agreement(queue, call, plan)
        call_id = measurement.at(identity, call, digests)
        measurement.approval.of(call_id).most += most
        journal.write(call_id, call, plan, budgets(queue))
        stored = journal.call(call_id)
        assert stored is not None
    if not stored.agrees(call):
        raise InputError(
            f"{bound.backend}: call {call_id.number} of measurement {call_id.measurement} is not "
            f"what was asked before ({_difference(stored, call)}): the model, the rows or the "
            "order of calls have changed; give it up with "
            f"`{measurement.command('forget', call_id.measurement)}`, then run again"
        )
    resubmit_failed(queue, stored, call_id, budgets(queue))
    return identity, call_id, stored


def _require_affordable(queue: QueuedDevice) -> None:
    for device in queue.members.values():
        budget = device.bound.budget
        if device.paid and not device.local and not (budget and budget.limits):
            raise InputError(
                f"device {device.name!r} costs money and has no budget; open it as a backend with, "
                "for example, budget: {max_usd: 5, max_jobs: 20} in backends.yaml"
            )


def _difference(stored: Call, call: Call) -> str:
    if stored.circuit.digest() != call.circuit.digest():
        return "another circuit"
    if stored.observables != call.observables:
        return "other observables"
    if stored.angles.shape != call.angles.shape:
        return f"{len(stored.angles)} rows then, {len(call.angles)} now"
    return f"angles differ by up to {float((stored.angles - call.angles).abs().max()):.2g}"
