"""A device whose values are corrected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from qfusion_core.calibration.store import Calibration, place, read
from qfusion_core.circuit import Circuit
from qfusion_core.circuit_encoder import CircuitEncoder
from qfusion_core.interfaces import Device
from qfusion_core.model import FusionClassifier


class CalibratedDevice(Device):
    """Another device, and an affine correction for each observable: differentiable, not clipped.

    Args:
        inner: The device.
        calibration: With a correction for each word that is asked.
    """

    def __init__(self, inner: Device, calibration: Calibration) -> None:
        self.inner, self.calibration = inner, calibration
        self.name = inner.name  # type: ignore[misc]
        self.shots, self.max_wires = inner.shots, inner.max_wires
        self.rows_per_call = inner.rows_per_call

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """``scale * raw + offset``."""
        raw = self.inner.expectations(circuit, data, weights, observables)
        lines = self.lines(observables).to(raw)
        return raw * lines[:, 0] + lines[:, 1]

    def lines(self, observables: Sequence[str]) -> Tensor:
        """Scale and offset of each observable: ``[n_observables, 2]``, float64."""
        fitted = [self.calibration.observables[word] for word in observables]
        pairs = [(each.scale, each.offset) for each in fitted]
        return torch.tensor(pairs, dtype=torch.float64).reshape(-1, 2)


def calibrated(
    model: FusionClassifier, device: Device, *, run: Path, backend: str, options: str
) -> Device:
    """A device with the calibration that the run has for it; the same device where it has none.

    Args:
        model: Of the run.
        device: Open.
        run: The run folder.
        backend: Name of the device in ``backends.yaml``.
        options: Digest of its options (`Backends.values_digest`).

    Raises:
        InputError: The calibration is damaged, or does not fit.
    """
    calibration = read(run, backend)
    if calibration is None or not isinstance(model.quantum, CircuitEncoder):
        return device
    calibration.require_fit(place(run, backend), options, model.quantum)
    return CalibratedDevice(device, calibration)
