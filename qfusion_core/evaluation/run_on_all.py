"""The same rows on several devices: one that fails does not take the others with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from qfusion_core.errors import InputError, Interrupted, QfusionError
from qfusion_core.interfaces.device import Device
from qfusion_core.interfaces.device_checks import checked_angles
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.prediction import expectation_values
from qfusion_core.plugin.discovery import explain
from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.execution.run_call import submit
from qfusion_core.remote.journal.rows.records import CallId, JobRecord
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.planning.queued_device import QueuedDevice


@dataclass(frozen=True)
class DeviceAnswer:
    """What a device gave.

    Attributes:
        values: Expectation values ``[rows, n_observables]``.
        seconds: It took here.
    """

    values: Tensor
    seconds: float


@dataclass(frozen=True)
class DeviceFailure:
    """Why a backend is missing.

    Attributes:
        left: Its jobs are at the provider, and nobody was to wait for them: no fault.
    """

    backend: str
    device: str
    reason: str
    left: bool = False


def ask_all(
    encoder: CircuitEncoder,
    x_q: Tensor,
    devices: Mapping[str, Device],
    on_start: Callable[[str], None] = lambda backend: None,
) -> dict[str, DeviceAnswer | DeviceFailure]:
    """Run the rows on every device.

    The first, which the others are compared with, goes first: while it fails, nothing is bought.
    Then every queue is given its jobs, so that all are waited for at the same time; what is refused
    there (a price that nobody agreed to, a budget) ends it before the rest has run. Then come the
    devices that run here, and at last the wait.

    Args:
        encoder: With the circuit; it is left on the device that was asked last.
        x_q: Features ``[rows, n_features]``.
        devices: By backend name, calibrated or not.
        on_start: Called with the name of each before it runs, or is waited for; not of one that
            had its values before, or failed when its jobs were submitted.

    Returns:
        By backend name, in the order of the devices.

    Raises:
        QfusionError: Of the first device; of a request or a budget that must be changed.
    """
    first, *others = devices
    on_start(first)
    answers: dict[str, DeviceAnswer | DeviceFailure] = {first: _ask(encoder, x_q, devices[first])}
    for name in others:
        queue = devices[name].unwrapped
        if isinstance(queue, QueuedDevice) and not queue.local:
            answer = _submit(encoder, x_q, name, devices[name], queue)
            answers |= {} if answer is None else {name: answer}
    queued = [name for name in others if isinstance(devices[name].unwrapped, QueuedDevice)]
    for name in sorted(others, key=queued.__contains__):
        if name not in answers:
            on_start(name)
            answers[name] = _try(encoder, x_q, name, devices[name])
    return {name: answers[name] for name in devices}


def jobs_of(backend: str, device: Device) -> list[JobRecord]:
    """The jobs of the only call of a device's measurement; none where there is no journal."""
    queue = device.unwrapped
    if not isinstance(queue, QueuedDevice) or backend not in queue.bound.measurement.ids:
        return []
    measurement = queue.bound.measurement
    call_id = CallId(measurement.ids[backend], 0)
    return [record for record in measurement.journal.jobs.all() if record.at == call_id]


def _ask(encoder: CircuitEncoder, x_q: Tensor, device: Device) -> DeviceAnswer:
    encoder.device = device
    encoder.prepare()
    began = time.perf_counter()
    values = expectation_values(encoder, x_q)
    return DeviceAnswer(values, time.perf_counter() - began)


def _submit(
    encoder: CircuitEncoder, x_q: Tensor, name: str, device: Device, queue: QueuedDevice
) -> DeviceAnswer | DeviceFailure | None:
    """None where the jobs are submitted, and are waited for later."""
    try:
        encoder.device = device
        runner = submit(queue, _first_call(encoder, x_q, queue))
        if not runner.unfinished:
            return _ask(encoder, x_q, device)
        unfinished = runner.jobs_left()
    except (InputError, BudgetError, Interrupted):
        raise
    except QfusionError as error:
        return DeviceFailure(name, device.name, str(error))
    wait = queue.bound.measurement.wait
    return None if wait else DeviceFailure(name, device.name, str(unfinished), left=True)


@torch.no_grad()
def _first_call(encoder: CircuitEncoder, x_q: Tensor, device: Device) -> Call:
    """What `_ask` asks first of a device, and all that it asks unless the device takes fewer rows
    at once: a queue splits by itself.
    """
    circuit, weights = encoder.traced, encoder.weights.flatten()
    data = encoder.encode(device.split_rows(x_q)[0])
    angles = checked_angles(device, circuit, data, weights, encoder.observables)
    return Call.of(circuit, angles, encoder.observables)


def _try(
    encoder: CircuitEncoder, x_q: Tensor, name: str, device: Device
) -> DeviceAnswer | DeviceFailure:
    try:
        return _ask(encoder, x_q, device)
    except Interrupted:
        raise
    except QfusionError as error:
        return DeviceFailure(name, device.name, str(error))
    except Exception as error:  # a plugin's own, or its SDK's
        return DeviceFailure(name, device.name, explain(error))
