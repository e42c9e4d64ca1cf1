"""The same rows on several devices: one that fails does not take the others with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.errors import InputError, Interrupted, QfusionError
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.prediction import expectation_values
from qfusion_core.plugin.discovery import explain
from qfusion_core.remote.errors import BudgetError, JobsLeft
from qfusion_core.remote.journal.records import CallId, JobRecord
from qfusion_core.remote.queued_device import QueuedDevice


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
        on_start: Called with the name of each but the first before it runs, or is waited for.

    Returns:
        By backend name, in the order of the devices.

    Raises:
        QfusionError: Of the first device; of a request or a budget that must be changed.
    """
    first, *others = devices
    found: dict[str, DeviceAnswer | DeviceFailure] = {first: _ask(encoder, x_q, devices[first])}
    for name in others:
        queue = bare(devices[name])
        if isinstance(queue, QueuedDevice) and not queue.local:
            answer = _submit(encoder, x_q, name, devices[name], queue)
            found |= {} if answer is None else {name: answer}
    queued = [name for name in others if isinstance(bare(devices[name]), QueuedDevice)]
    for name in sorted(others, key=queued.__contains__):
        if name not in found:
            on_start(name)
            found[name] = _try(encoder, x_q, name, devices[name])
    return {name: found[name] for name in devices}


def bare(device: Device) -> Device:
    """A device without its calibration."""
    return device.inner if isinstance(device, CalibratedDevice) else device


def entries(backend: str, device: Device) -> list[JobRecord]:
    """The jobs of the only call of a device's measurement; none where there is no journal."""
    bound = getattr(bare(device), "bound", None)
    if bound is None or backend not in bound.measurement.ids:
        return []
    at = CallId(bound.measurement.ids[backend], 0)
    return [each for each in bound.measurement.journal.jobs.all() if each.at == at]


def _ask(encoder: CircuitEncoder, x_q: Tensor, device: Device) -> DeviceAnswer:
    encoder.device = device
    began = time.perf_counter()
    values = expectation_values(encoder, x_q)
    return DeviceAnswer(values, time.perf_counter() - began)


def _submit(
    encoder: CircuitEncoder, x_q: Tensor, name: str, device: Device, queue: QueuedDevice
) -> DeviceAnswer | DeviceFailure | None:
    """None where the jobs are submitted and not done yet."""
    measurement = queue.bound.measurement
    wait, measurement.wait = measurement.wait, False
    try:
        return _ask(encoder, x_q, device)
    except JobsLeft as left:
        return None if wait else DeviceFailure(name, device.name, str(left), left=True)
    except (InputError, BudgetError, Interrupted):
        raise
    except QfusionError as error:
        return DeviceFailure(name, device.name, str(error))
    finally:
        measurement.wait = wait


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
