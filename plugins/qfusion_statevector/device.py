"""The device `statevector`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

import qfusion_core
from qfusion_core import Circuit, Device, InputError, full_precision, require_finite, shot_noise
from qfusion_statevector.autograd import (
    Expectations,
    NotFinite,
    refuse_transforms,
)
from qfusion_statevector.executor_choice import ExecutorChoice
from qfusion_statevector.options import StatevectorOptions
from qfusion_statevector.shot_sampling import SampledStatevector


class Statevector(Device):
    """Exact simulation: batched, differentiable, on whatever torch device the data is."""

    name = "statevector"
    Options = StatevectorOptions

    def __init__(
        self, options: StatevectorOptions, credentials: qfusion_core.Credentials | None = None
    ) -> None:
        for name in ("seed", "sampling"):
            if options.shots is None and name in options.model_fields_set:
                raise InputError(
                    f"statevector: {name}: exact values draw nothing; set shots or drop {name}"
                )
        if (
            options.shots
            and options.sampling == "draws"
            and options.executor not in (None, "torch")
        ):
            raise InputError(
                f"statevector: executor: {options.executor} draws no outcomes; use executor: "
                "torch, or sampling: gaussian"
            )
        self.shots = options.shots
        self._gaussian = options.sampling == "gaussian"
        if self.shots and self._gaussian:
            self.largest = math.inf
        self._choice = ExecutorChoice(options.executor, options.memory_gb)
        self._generator = (
            None if options.seed is None else torch.Generator("cpu").manual_seed(options.seed)
        )
        self._sampled = options.shots and SampledStatevector(
            options.shots, self._generator, options.memory_gb
        )

    def prepare(
        self,
        dtype: torch.dtype = torch.float32,
        *,
        gradients: bool = False,
        torch_device: torch.device | None = None,
    ) -> None:
        """Compile the kernels, if they are to compute: seconds once on a machine."""
        here = torch_device is None or torch_device.type == "cpu"  # elsewhere torch has its own
        if here and (self._gaussian or not self._sampled):
            real = torch.promote_types(dtype, torch.float32)
            self._choice.compile_kernels(real, gradients)

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Device`. float64 is computed as such, all else in float32."""
        values = self._values
        if torch.compiler.is_compiling():  # kernels are compiled already: torch goes around them
            values = torch.compiler.disable(values)
        return values(circuit, data, weights, observables)

    def _values(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        if isinstance(observables, str):
            raise InputError(
                f"observables: expected a sequence of words, got {observables!r} alone"
            )
        circuit.check(data, weights)
        refuse_transforms()
        if data.is_meta or weights.is_meta:
            raise InputError("statevector: data and weights on the device meta hold no numbers")
        with full_precision(data.device):
            if self._sampled and not self._gaussian:
                return self._sampled.expectations(circuit, data, weights, observables)
            return self._exact(circuit, data, weights, tuple(observables))

    def _exact(
        self, circuit: Circuit, data: Tensor, weights: Tensor, words: tuple[str, ...]
    ) -> Tensor:
        real = torch.promote_types(data.dtype, torch.float32)
        executor = self._choice.executor(circuit, words, real, data.device, data.shape[0])
        if 0 in (data.shape[0], len(words)):
            nothing = 0 * (data.sum(1, keepdim=True) + weights.sum().to(data))
            return nothing.expand(len(data), len(words))
        entries = data, weights
        if not (data.dtype == weights.dtype == real and data.device == weights.device):
            entries = data.to(real), weights.to(data.device, real)
        try:
            # torch does not annotate it
            values: Tensor = Expectations.apply(*entries, executor)  # type: ignore[no-untyped-call]
        except NotFinite:
            require_finite("data", data)
            require_finite("weights", weights)
            require_finite("angles", circuit.angles(*entries))  # finite data can still overflow
            raise
        if self.shots:
            values = values + shot_noise(values.detach(), self.shots, self._generator)
        return values if values.dtype == data.dtype else values.to(data.dtype)
