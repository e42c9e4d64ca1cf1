"""qfusion's own device, as a model uses it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from peers.with_torch import TorchPeer
from qfusion_core import Circuit, Device, Registry


def executors() -> list[str]:
    """The executors that the device can be told to use; none where it has only one way."""
    fields = Registry().get("device", "statevector").Options.model_fields
    return ["numba", "torch"] if "executor" in fields else []


def open_statevector(executor: str | None, *, threads: int = 1) -> Device:
    """The device with this executor, exact; ``threads`` where it takes a number of them."""
    device = Registry().get("device", "statevector")
    asked = {"executor": executor, "threads": threads}
    known = {k: v for k, v in asked.items() if v is not None and k in device.Options.model_fields}
    return device(device.Options(**known))


class Statevector(TorchPeer):
    """``Device.expectations`` with the executor of the subclass, or its own choice."""

    executor: str | None = None

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
