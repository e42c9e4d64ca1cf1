"""A device whose values are corrected."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from qfusion_core.calibration.store import Calibration
from qfusion_core.circuits.circuit import Circuit
from qfusion_core.interfaces.device import Device


class CalibratedDevice(Device):
    """Another device, and an affine correction for each observable: differentiable, not clipped.

    Args:
        inner: The device.
        calibration: With a correction for each word that is asked.
    """

    largest = math.inf

    def __init__(self, inner: Device, calibration: Calibration) -> None:
        self.inner, self.calibration = inner, calibration
        self.name = inner.name
        self.shots, self.max_wires = inner.shots, inner.max_wires
        self.rows_per_call, self.stored = inner.rows_per_call, inner.stored

    @property
    def unwrapped(self) -> Device:
        """The device whose values are corrected."""
        return self.inner

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """``scale * raw + offset``."""
        raw = self.inner.expectations(circuit, data, weights, observables)
        return self.calibration.applied(raw, observables)

    def notices(self) -> Sequence[str]:
        """Those of the device."""
        return self.inner.notices()

    def standard_errors(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor | None:
        """``|scale| * error``, where the device knows its own."""
        raw = self.inner.standard_errors(circuit, data, weights, observables)
        if raw is None:
            return None
        return raw * self.calibration.lines(observables)[:, 0].abs().to(raw)
