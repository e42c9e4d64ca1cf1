"""A call on devices that run in this process: there is nothing to lose, so no journal."""

from __future__ import annotations

import time

import torch

from qfusion_core.remote.adapter.adapter import Adapter
from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.errors import JobFailed
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.planning.plan import require_result
from qfusion_core.remote.planning.queued_device import CallResult, Origin, QueuedDevice


def evaluate_locally(queue: QueuedDevice, call: Call) -> CallResult:
    """On devices that run in this process: no journal."""
    values = torch.full((len(call.angles), len(call.observables)), torch.nan).double()
    plan = queue.assign(call)
    ids = [queue.member(name).submit(job, f"local-{n}") for n, job, _, name in plan]
    for (_, job, _, name), job_id in zip(plan, ids, strict=True):
        device = queue.member(name)
        _wait_locally(device, job_id)
        result = require_result(device, job, device.fetch(job, job_id))
        values[slice(*job.rows), list(job.columns)] = result.values.detach().double().cpu()
    origins = [Origin(name, job.rows, job.columns) for _, job, _, name in plan]
    return CallResult(values, origins)


def _wait_locally(device: Adapter, job_id: str) -> None:
    status = device.status(job_id)
    while status.state in ("queued", "running"):
        time.sleep(device.options.poll_seconds / 100)
        status = device.status(job_id)
    if status.state != "done":
        reason = retrying_caller(device).hide(status.reason) or status.state
        raise JobFailed(reason, job_id=job_id, backend=device.bound.backend)
