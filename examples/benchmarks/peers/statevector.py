"""qfusion's own device, as a model uses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor

from peers.with_torch import TorchPeer
from qfusion_core import Circuit, Device, Registry


def open_statevector(executor: str | None) -> Device:
    """The device, exact, with this executor; with its own choice for None."""
    device = Registry().get("device", "statevector")
    return device(device.Options(**({"executor": executor} if executor else {})))


class Statevector(TorchPeer):
    """``Device.expectations`` with the executor of the subclass."""

    executor: ClassVar[str]

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        self._device = open_statevector(self.executor)
        self._circuit, self._observables = circuit, tuple(observables)

    def expectations(self, data: Tensor, weights: Tensor) -> Tensor:
        """See `TorchPeer`."""
        return self._device.expectations(self._circuit, data, weights, self._observables)


class NumbaStatevector(Statevector):
    """The numba executor."""

    executor = "numba"


class TorchStatevector(Statevector):
    """The torch executor."""

    executor = "torch"
