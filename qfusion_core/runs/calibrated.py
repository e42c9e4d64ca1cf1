"""A device with the calibrations that a run has for it, and what came from which machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.calibration.store import Calibration, place, read
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.pool.device import Pool


def calibrated(
    model: FusionClassifier,
    device: Device,
    *,
    run: Path,
    backend: str,
    options: Callable[[str], tuple[str, ...]],
) -> Device:
    """A device with the calibration that the run has for it; the same device where it has none.

    Args:
        model: Of the run.
        device: Open.
        run: The run folder.
        backend: Name of the device in ``backends.yaml``.
        options: Digests of a backend's options (`Backends.values_digests`).

    Raises:
        InputError: The calibration is damaged, or does not fit.
    """
    corrections, encoder = {}, model.quantum
    names = device.members if isinstance(device, Pool) else (backend,)
    for name in names:
        calibration = read(run, name)
        if calibration is not None and isinstance(encoder, CircuitEncoder):
            calibration.require_fit(place(run, name), options(name), encoder)
            corrections[name] = calibration
    if isinstance(device, Pool):
        device.corrections = corrections
        return device
    return CalibratedDevice(device, corrections[backend]) if corrections else device


def calibrations(device: Device | None) -> list[Calibration]:
    """What a device's values are corrected with; of a pool, for each member that has some."""
    if isinstance(device, Pool):
        return list(device.corrections.values())
    return [device.calibration] if isinstance(device, CalibratedDevice) else []


def shares(device: Device | None) -> dict[str, dict[str, Any]]:
    """Which rows of the last call came from which member of a pool; else nothing.

    Rows count from 1, as in `qfusion jobs`; ranges hold both ends.
    """
    if not isinstance(device, Pool):
        return {}
    dates = {name: calibration.measured for name, calibration in device.corrections.items()}
    return {
        name: {"rows": ranges, "calibrated": dates.get(name)}
        for name, ranges in device.shared().items()
    }
