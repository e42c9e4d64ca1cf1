"""One call, looked up in the journal, or planned and written down; carried out.

The stored plan and angles are used, never those that a later process computes: float32 products
differ in their last bits with batch split and threads, and would buy everything again.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import torch
from torch import Tensor

from qfusion_core.errors import InputError, Interrupted
from qfusion_core.remote.adapter import Adapter
from qfusion_core.remote.consent import require_agreement
from qfusion_core.remote.errors import BudgetError, JobFailed, RemoteError
from qfusion_core.remote.job import Call
from qfusion_core.remote.journal.records import Budgets, CallId
from qfusion_core.remote.journal.rows import MeasurementIdentity
from qfusion_core.remote.missing import surely_failed
from qfusion_core.remote.planning import require_result
from qfusion_core.remote.queued_device import Origin, QueuedDevice
from qfusion_core.remote.runner import CallRunner
from qfusion_core.remote.submission import new_asking


class CallResult(NamedTuple):
    """Values ``[rows, observables]`` in float64, as measured, and where they come from."""

    values: Tensor
    origins: list[Origin]


def evaluate(fleet: QueuedDevice, call: Call) -> CallResult:
    """Carry a call out; see `RemoteDevice.evaluate`."""
    return _evaluate_here(fleet, call) if fleet.local else _evaluate_there(fleet, call)


def budgets(fleet: QueuedDevice) -> Budgets:
    """What each of its backends may spend."""
    return {name: member.bound.budget for name, member in fleet.members.items()}


def carry_out(fleet: QueuedDevice, call: Call, at: CallId) -> None:
    """Submit what is not submitted and wait for what is not done.

    Raises:
        Interrupted: The user stopped it.
    """
    measurement = fleet.bound.measurement
    try:
        CallRunner(fleet, call, at, budgets(fleet)).run()
    except KeyboardInterrupt:
        raise Interrupted(
            f"{fleet.bound.backend}: interrupted; jobs that were submitted stay at the provider: "
            f"run the same again or `{measurement.command('resume')}` to go on, "
            f"`{measurement.command('cancel')}` to cancel them"
        ) from None


def _evaluate_there(fleet: QueuedDevice, call: Call) -> CallResult:
    bound = fleet.bound
    _require_affordable(fleet)
    measurement = bound.measurement
    about = MeasurementIdentity(
        measurement.verb or "call",
        measurement.subject,
        bound.backend,
        fleet.name,
        fleet.values_digest(),
    )
    at = measurement.at(about, call, fleet.values_digests())
    journal = measurement.journal
    stored = journal.call(at)
    if stored is None:
        plan = fleet.assign(call)
        require_agreement(fleet, call, at, plan)
        journal.write(at, call, plan, budgets(fleet))
        stored = journal.call(at)
        assert stored is not None
    if not stored.agrees(call):
        raise InputError(
            f"{bound.backend}: call {at.number} of measurement {at.measurement} is not what was "
            f"asked before ({_difference(stored, call)}): the model or the rows have changed; give "
            f"it up with `{measurement.command('forget', at.measurement)}`, then run again"
        )
    _repeat_failed(fleet, stored, at)
    carry_out(fleet, stored, at)
    values = journal.values(at, stored)
    measurement.answered(about, at)
    origins = [Origin(each.backend, each.rows, each.columns) for each in journal.jobs.of(at)]
    return CallResult(values, origins)


def _require_affordable(fleet: QueuedDevice) -> None:
    for device in fleet.members.values():
        budget = device.bound.budget
        if device.paid and not device.local and not (budget and budget.limits):
            raise InputError(
                f"device {device.name!r} costs money and has no budget; open it as a backend with, "
                "for example, budget: {max_usd: 5, max_jobs: 20} in backends.yaml"
            )


def _evaluate_here(fleet: QueuedDevice, call: Call) -> CallResult:
    """On devices that run in this process: no journal."""
    values = torch.full((len(call.angles), len(call.observables)), torch.nan).double()
    plan = fleet.assign(call)
    ids = [fleet.member(name).submit(job, f"local-{n}") for n, job, _, name in plan]
    for (_, job, _, name), job_id in zip(plan, ids, strict=True):
        device = fleet.member(name)
        _wait_here(device, job_id)
        result = require_result(device, job, device.fetch(job, job_id))
        values[slice(*job.rows), list(job.columns)] = result.values.detach().double().cpu()
    return CallResult(
        values, [Origin(each.backend, each.job.rows, each.job.columns) for each in plan]
    )


def _wait_here(device: Adapter, job_id: str) -> None:
    status = device.status(job_id)
    while status.state in ("queued", "running"):
        time.sleep(device.options.poll_seconds / 100)
        status = device.status(job_id)
    if status.state != "done":
        reason = new_asking(device).hide(status.reason) or status.state
        raise JobFailed(reason, job_id=job_id, backend=device.bound.backend)


def _repeat_failed(fleet: QueuedDevice, call: Call, at: CallId) -> None:
    """Other jobs in place of those that failed or were cancelled in an earlier process."""
    jobs = fleet.bound.measurement.journal.jobs
    failed = [entry for entry in jobs.of(at) if entry.state in ("failed", "cancelled")]
    forget = f"`{fleet.bound.measurement.command('forget', at.measurement)}`"
    failed = surely_failed(fleet, failed, f"or give it up with {forget}")
    if failed:
        out = {entry.backend: entry.reason for entry in failed if entry.state == "failed"}
        try:
            plan = fleet.replan(call, failed, out)
        except (RemoteError, BudgetError):  # nobody else is left: all get another chance
            plan = fleet.replan(call, failed, {})
        require_agreement(fleet, call, at, plan, f"; {forget} gives up")
        jobs.replace(failed, plan, at, budgets(fleet), "sent anew")


def _difference(stored: Call, call: Call) -> str:
    if stored.circuit.digest() != call.circuit.digest():
        return "another circuit"
    if stored.observables != call.observables:
        return "other observables"
    if stored.angles.shape != call.angles.shape:
        return f"{len(stored.angles)} rows then, {len(call.angles)} now"
    return f"angles differ by up to {float((stored.angles - call.angles).abs().max()):.2g}"
