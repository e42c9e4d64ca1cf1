"""How verbs open a backend for a run: with its calibration, unless that is left off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from qfusion_core.config.backends import Backends
    from qfusion_core.interfaces import Device
    from qfusion_core.model import FusionClassifier
    from qfusion_core.registry import Registry
    from qfusion_core.remote.measurement import Measurement


def open_for(
    model: FusionClassifier,
    run: Path,
    backends: Backends,
    name: str,
    registry: Registry,
    measurement: Measurement | Path,
    *,
    raw: bool,
) -> Device:
    """The backend's device; where it is calibrated for the run, that is said."""
    from qfusion_core.calibration.device import CalibratedDevice, calibrated

    device = backends.open(name, registry, measurement)
    if raw:
        return device
    options = backends.values_digest(name, registry)
    device = calibrated(model, device, run=run, backend=name, options=options)
    if isinstance(device, CalibratedDevice):
        typer.echo(f"{name}: {device.calibration}; --raw leaves that off", err=True)
    return device


def calibration_date(device: Device | None) -> str | None:
    """When a device was calibrated, for JSON; None for raw values."""
    from qfusion_core.calibration.device import CalibratedDevice

    return device.calibration.measured if isinstance(device, CalibratedDevice) else None
