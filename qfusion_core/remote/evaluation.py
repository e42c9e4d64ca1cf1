"""One call on a remote device: looked up in the journal, or planned and written down; carried out.

The stored plan and angles are used, never those that a later process computes: float32 products
differ in their last bits with batch split and threads, and would buy everything again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from qfusion_core.errors import InputError, Interrupted
from qfusion_core.remote.errors import JobFailed
from qfusion_core.remote.intents import At, Planned
from qfusion_core.remote.job import Call, Job
from qfusion_core.remote.journal import About
from qfusion_core.remote.planning import require_cover, require_result
from qfusion_core.remote.price import Price
from qfusion_core.remote.submission import new_asking
from qfusion_core.remote.waiting import Waiting

if TYPE_CHECKING:
    from qfusion_core.remote.device import RemoteDevice


def evaluate(device: RemoteDevice, call: Call) -> Tensor:
    """Values ``[rows, observables]`` of a call; see `RemoteDevice.evaluate`."""
    bound = device.bound
    require_affordable(device)
    measurement = bound.measurement
    about = About(
        measurement.verb or "call",
        measurement.subject,
        bound.backend,
        device.name,
        device.values_digest(),
    )
    at = measurement.at(about, call)
    stored = measurement.journal.call(at)
    if stored is None:
        _write_plan(device, call, at)
        stored = measurement.journal.call(at)
        assert stored is not None
    if not stored.agrees(call):
        raise InputError(
            f"{bound.backend}: call {at.number} of measurement {at.measurement} is not what was "
            f"asked before ({_difference(stored, call)}): the model or the rows have changed; give "
            f"it up with `{measurement.command('forget')} {at.measurement}`, then run again"
        )
    _repeat_failed(device, stored, at)
    carry_out(device, stored, at)
    values = measurement.journal.values(at, stored)
    measurement.answered(about, at)
    return values


def carry_out(device: RemoteDevice, call: Call, at: At) -> None:
    """Submit what is not submitted and wait for what is not done.

    Raises:
        Interrupted: The user stopped it.
    """
    measurement = device.bound.measurement
    try:
        Waiting(device, call, at).run()
    except KeyboardInterrupt:
        raise Interrupted(
            f"{device.bound.backend}: interrupted; jobs that were submitted stay at the provider: "
            f"run the same again or `{measurement.command('resume')}` to go on, "
            f"`{measurement.command('cancel')}` to cancel them"
        ) from None


def planned(device: RemoteDevice, call: Call) -> list[tuple[Job, Price]]:
    """The jobs of a call with their prices; sends nothing.

    Raises:
        QfusionError: The plan does not cover each value once.
    """
    # a plan sends nothing, but may look at the machine
    jobs = new_asking(device)(lambda: device.plan(call.circuit, call.angles, call.observables))
    require_cover(device.name, call, jobs)
    return [(job, device.price(job)) for job in jobs]


def require_affordable(device: RemoteDevice) -> None:
    """Refuse a device that costs money without a budget.

    Raises:
        InputError: Says how to give one.
    """
    if device.paid and not device.local and device.bound.budget is None:
        raise InputError(
            f"device {device.name!r} costs money and has no budget; open it as a backend with, for "
            "example, budget: {max_usd: 5, max_jobs: 20} in backends.yaml"
        )


def evaluate_here(device: RemoteDevice, call: Call) -> Tensor:
    """Values of a call on a device that runs in this process: no journal."""
    values = torch.full((len(call.angles), len(call.observables)), torch.nan).double()
    ask = new_asking(device)
    jobs = [job for job, _ in planned(device, call)]
    ids = [device.submit(job, f"local-{position}") for position, job in enumerate(jobs)]
    for job, job_id in zip(jobs, ids, strict=True):
        status = device.status(job_id)
        while status.state in ("queued", "running"):
            time.sleep(device.options.poll_seconds / 100)
            status = device.status(job_id)
        if status.state != "done":
            reason = ask.hide(status.reason) or status.state
            raise JobFailed(reason, job_id=job_id, backend=device.bound.backend)
        result = require_result(device.name, job, device.fetch(job, job_id))
        values[slice(*job.rows), list(job.columns)] = result.values.detach().double().cpu()
    return values


def _write_plan(device: RemoteDevice, call: Call, at: At) -> None:
    bound = device.bound
    jobs = planned(device, call)
    if device.paid:
        bound.measurement.approve(bound.backend, Price.total(price for _, price in jobs))
    intents = [Planned(position, 0, *pair) for position, pair in enumerate(jobs)]
    bound.measurement.journal.write(at, call, intents, bound.backend, bound.budget)


def _repeat_failed(device: RemoteDevice, call: Call, at: At) -> None:
    """New attempts of jobs that failed or were cancelled in an earlier process."""
    bound = device.bound
    journal = bound.measurement.journal
    intents = []
    for entry in journal.jobs.of(at):
        if entry.state in ("failed", "cancelled"):
            job = journal.job(call, entry)
            intents.append(Planned(entry.position, entry.attempt + 1, job, device.price(job)))
    if intents:
        if device.paid:
            bound.measurement.approve(bound.backend, Price.total(each.price for each in intents))
        journal.jobs.repeat(intents, at, bound.backend, bound.budget)


def _difference(stored: Call, call: Call) -> str:
    if stored.circuit.digest() != call.circuit.digest():
        return "another circuit"
    if stored.observables != call.observables:
        return "other observables"
    if stored.angles.shape != call.angles.shape:
        return f"{len(stored.angles)} rows then, {len(call.angles)} now"
    return f"angles differ by up to {float((stored.angles - call.angles).abs().max()):.2g}"
