"""A run and the backends that it can be opened on: with their calibrations, unless left off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.config.arguments import require_backend, require_switches
from qfusion_core.plugin.registry import Registry
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.surrogates import with_surrogates

if TYPE_CHECKING:
    from qfusion_core.interfaces.device import Device
    from qfusion_core.model.classifier import FusionClassifier
    from qfusion_core.remote.adapter.approval import Approve
    from qfusion_core.remote.adapter.measurement import Measurement


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
        return cls(folder, with_surrogates(Backends.read(backends_file), folder.path), registry)

    @classmethod
    def of(cls, run: str | Path, backends: Backends) -> OpenRun:
        """The same with a file that was read."""
        registry = Registry()
        folder = RunFolder.open(run, registry)
        return cls(folder, with_surrogates(backends, folder.path), registry)

    def model(self) -> FusionClassifier:
        """The trained model, with no device attached."""
        from qfusion_core.runs.loading import load_model

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
            say: Is told of each that is applied, and what the device says of itself.

        Raises:
            InputError: The backend cannot be opened, or a calibration is damaged or does not fit.
        """
        device = open_named(self.backends, backend, self.registry, run, approve)
        for notice in device.notices():
            say(notice)
        if raw:
            return device

        from qfusion_core.runs.calibrated import calibrated, calibrations

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
    require_switches(raw=raw)
    require_backend(backend)
    if backend is not None and not isinstance(backend, str):
        from qfusion_core.runs.loading import load_model

        registry = Registry()
        return load_model(RunFolder.open(run, registry), registry).attach(backend)
    opened = OpenRun.open(run)
    name = opened.backends.default if backend is None else backend
    opened.backends.options(name, opened.registry)  # before torch is imported
    model = opened.model()
    return model.attach(opened.device(model, name, opened.folder.path, approve, raw=raw))
