"""How verbs open a backend for a run: with its calibration, unless that is left off."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.cli.output import say

if TYPE_CHECKING:
    from qfusion_core.backends.file import Backends
    from qfusion_core.calibration.store import Calibration
    from qfusion_core.interfaces.device import Device
    from qfusion_core.model.classifier import FusionClassifier
    from qfusion_core.plugin.registry import Registry
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
    from qfusion_core.backends.opening import open_named
    from qfusion_core.runs.calibrated import calibrated

    device = open_named(backends, name, registry, measurement)
    if raw:
        return device
    options = partial(backends.values_digests, registry=registry)
    device = calibrated(model, device, run=run, backend=name, options=options)
    for each in calibrations(device):
        say(f"{each.backend}: {each}; --raw leaves that off", err=True)
    return device


def calibrations(device: Device | None) -> list[Calibration]:
    """What a device's values are corrected with; of a pool, for each member that has some."""
    from qfusion_core.calibration.device import CalibratedDevice
    from qfusion_core.pool.device import Pool

    if isinstance(device, Pool):
        return list(device.corrections.values())
    return [device.calibration] if isinstance(device, CalibratedDevice) else []


def shares(device: Device | None) -> dict[str, dict[str, Any]]:
    """Which rows of the last call came from which member of a pool, for JSON; else nothing.

    Rows count from 1, as in `qfusion jobs`; ranges hold both ends.
    """
    from qfusion_core.pool.device import Pool

    if not isinstance(device, Pool):
        return {}
    dates = {name: found.measured for name, found in device.corrections.items()}
    return {
        name: {"rows": ranges, "calibrated": dates.get(name)}
        for name, ranges in device.shared().items()
    }


def say_shares(device: Device | None) -> None:
    """The same in a line for each member, on standard error."""
    for name, share in shares(device).items():
        rows = ", ".join(f"{first}-{last}" for first, last in share["rows"])
        say(f"rows {rows} from {name}{'' if share['calibrated'] else ' (raw)'}", err=True)
