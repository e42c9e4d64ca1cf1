"""An exact device with the noise of a machine: differentiable, for training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.errors import InputError
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.token_classifier import TokenClassifier
from qfusion_core.noise.affine import AffineNoise, affine_noise
from qfusion_core.noise.shots import shot_noise
from qfusion_core.noise_parameters import NoiseParameters


class NoisyDevice(Device):
    """Exact values, made worse: depolarising error, readout error, then shot noise.

    The first two are an affine map (`affine_noise`); shot noise is normal with the variance of a
    mean of +1 and -1, ``(1 - value^2) / shots`` of the value with the other errors. Words that a
    machine reads from the same shots are correlated there; here they are not.

    Args:
        inner: An exact device.
        noise: What is added.

    Raises:
        InputError: The device is not exact.
    """

    name = "noisy"

    def __init__(self, inner: Device, noise: NoiseParameters) -> None:
        if inner.shots is not None or inner.noise_model() is not None:
            raise InputError(
                f"noise: is added to exact values, and device {inner.name!r} has noise of its own; "
                "train on another backend, or leave noise out"
            )
        self._inner, self._noise = inner, noise
        self.shots, self.max_wires = noise.shots, inner.max_wires
        self.rows_per_call = inner.rows_per_call
        self.largest = inner.largest if noise.shots is None else math.inf
        self._affine = lru_cache(maxsize=4)(self._find)

    def noise_model(self) -> NoiseParameters:
        """The noise that it was made with."""
        return self._noise

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Device`. Draws from torch's global random numbers."""
        words, matrix, offset = self._affine(circuit, tuple(observables))
        exact = self._inner.expectations(circuit, data, weights, words)
        values = exact @ matrix.to(exact).T + offset.to(exact)
        if self.shots is None:
            return values
        return values + shot_noise(values.detach(), self.shots)

    def _find(self, circuit: Circuit, observables: tuple[str, ...]) -> AffineNoise:
        return affine_noise(circuit, observables, self._noise)


def noisy_device(model: TokenClassifier, noise: NoiseParameters | None) -> NoisyDevice | None:
    """The device of a model with noise; None for None.

    Raises:
        InputError: The model has no circuit, or its device is not exact.
    """
    if noise is None:
        return None
    if model.device is None:
        raise InputError(
            "noise: is injected into the values of a circuit, and the model has none (its quantum "
            "branch is a control or none); leave noise out"
        )
    return NoisyDevice(model.device, noise)


@contextmanager
def running_on(model: TokenClassifier, device: Device | None) -> Iterator[None]:
    """The model's circuit runs on another device for a while; on its own for None."""
    encoder = model.quantum
    if device is None or not isinstance(encoder, CircuitEncoder):
        yield
        return
    own = encoder.device
    encoder.device = device
    try:
        yield
    finally:
        encoder.device = own
