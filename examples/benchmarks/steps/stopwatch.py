"""A device that says how long another one took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from qfusion_core import Circuit, Device


class Stopwatch(Device):
    """Times the forward and the backward pass of a device inside a training step.

    Forward: the call of `expectations`. Backward: from the moment when the gradient of the values
    has arrived until the last of those of data and weights is there. Autograd goes back in the
    reverse order of the forward pass, in which a model runs its quantum branch first; so nothing
    else lies in between. Evaluations without gradient are passed on and not timed.

    Attributes:
        forward: Seconds of each forward pass.
        backward: Seconds of each backward pass.
    """

    name = "stopwatch"

    def __init__(self, device: Device, clock: Callable[[], float] = time.perf_counter) -> None:
        """Wrap a device; ``clock`` gives the time in seconds."""
        self._clock = clock
        self.shots, self.max_wires = device.shots, device.max_wires
        self.forward: list[float] = []
        self.backward: list[float] = []
        self._device = device
        self._began = 0.0

    def reset(self) -> None:
        """Forget what was timed."""
        self.forward.clear()
        self.backward.clear()

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Device`."""
        if not torch.is_grad_enabled():
            return self._device.expectations(circuit, data, weights, observables)
        # views of our own: a hook on them fires when their gradient is complete
        data, weights = data.view_as(data), weights.view_as(weights)
        began = self._clock()
        values = self._device.expectations(circuit, data, weights, observables)
        self.forward.append(self._clock() - began)
        if values.requires_grad:
            values.register_hook(self._gradient_arrives)
        for tensor in (data, weights):
            if tensor.requires_grad:
                tensor.register_hook(self._gradient_leaves)
        return values

    def _gradient_arrives(self, gradient: Tensor) -> None:
        self.backward.append(0.0)
        self._began = self._clock()

    def _gradient_leaves(self, gradient: Tensor) -> None:
        self.backward[-1] = self._clock() - self._began
