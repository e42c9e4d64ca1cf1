"""A run and the backends that it can be opened on: with their calibrations, unless left off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.calibration.device import CalibratedDevice
from qfusion_core.calibration.store import Calibration, place, read
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.plugin.registry import Registry
from qfusion_core.pool.device import Pool
from qfusion_core.remote.approval import Approve
from qfusion_core.remote.measurement import Measurement
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.loading import load_model


@dataclass(frozen=True)
class OpenRun:
    """A run folder, the file of backends that is in force, and where components are looked up."""

    folder: RunFolder
    backends: Backends
    registry: Registry

    @classmethod
    def open(cls, run: str | Path, backends_file: str | Path | None = None) -> OpenRun:
        """Read both.

        Raises:
            InputError: The folder or the file cannot be used.
        """
        registry = Registry()
        folder = RunFolder.open(run, registry)
        return cls(folder, Backends.read(backends_file), registry)

    @classmethod
    def of(cls, run: str | Path, backends: Backends) -> OpenRun:
        """The same with a file that was read."""
        registry = Registry()
        return cls(RunFolder.open(run, registry), backends, registry)

    def model(self) -> FusionClassifier:
        """The trained model, with no device attached."""
        return load_model(self.folder, self.registry)

    def device(
        self,
        model: FusionClassifier,
        backend: str,
        run: str | Path | Measurement,
        approve: Approve = None,
        *,
        raw: bool = False,
        say: Callable[[str], None] = lambda line: None,
    ) -> Device:
        """A backend's device, with the calibration that the run has for it; see `open_backend`.

        A pool gets those of its members.

        Args:
            model: Of the run.
            backend: Its name.
            run: Where a remote device writes its jobs down.
            approve: What may be spent.
            raw: Leave calibrations off.
            say: Is told of each that is applied.

        Raises:
            InputError: The backend cannot be opened, or a calibration is damaged or does not fit.
        """
        device = open_named(self.backends, backend, self.registry, run, approve)
        if raw:
            return device
        digests = partial(self.backends.values_digests, registry=self.registry)
        device = calibrated(model, device, run=self.folder.path, backend=backend, options=digests)
        for calibration in calibrations(device):
            say(f"{calibration.backend}: {calibration}; --raw leaves that off")
        return device


def load(
    run: str | Path,
    backend: str | Device | None = None,
    *,
    raw: bool = False,
    approve: Approve = None,
) -> FusionClassifier:
    """A trained model, ready to classify.

    Args:
        run: Folder that ``qfusion train`` wrote.
        backend: Name in ``backends.yaml``, or an open device, which is taken as it is; None for
            the default backend.
        raw: Leave off the calibration that the run has for the backend.
        approve: What a backend that costs money may spend; see `qfusion_core.open_backend`.

    Raises:
        InputError: The folder or the backend cannot be used, or its calibration does not fit.
    """
    if isinstance(backend, Device):
        registry = Registry()
        return load_model(RunFolder.open(run, registry), registry).attach(backend)
    opened = OpenRun.open(run)
    model = opened.model()
    name = opened.backends.default if backend is None else backend
    return model.attach(opened.device(model, name, opened.folder.path, approve, raw=raw))


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
    found, encoder = {}, model.quantum
    names = device.members if isinstance(device, Pool) else (backend,)
    for name in names:
        calibration = read(run, name)
        if calibration is not None and isinstance(encoder, CircuitEncoder):
            calibration.require_fit(place(run, name), options(name), encoder)
            found[name] = calibration
    if isinstance(device, Pool):
        device.corrections = found
        return device
    return CalibratedDevice(device, found[backend]) if found else device


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
    dates = {name: found.measured for name, found in device.corrections.items()}
    return {
        name: {"rows": ranges, "calibrated": dates.get(name)}
        for name, ranges in device.shared().items()
    }
