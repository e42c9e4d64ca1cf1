"""The device `statevector`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from pydantic import Field
from torch import Tensor

import qfusion_core
from qfusion_core import Circuit, Device, InputError, require_finite
from qfusion_statevector.measure import Readout
from qfusion_statevector.memory import require_memory
from qfusion_statevector.program import Program
from qfusion_statevector.sampled import SampledStatevector


class Statevector(Device):
    """Simulation in torch: batched, differentiable, on whatever torch device the data is."""

    name = "statevector"

    class Options(qfusion_core.Options):
        """Options of `statevector`."""

        shots: int | None = Field(
            None,
            ge=1,
            description="Draws behind each value, as on a machine; default: exact values. "
            "Gradients then take parameter shift: two more rows for each angle.",
        )
        seed: int | None = Field(
            None, ge=0, description="Start of the stream of draws; default: torch's generator."
        )
        memory_gb: float | None = Field(
            None,
            gt=0,
            description="Most memory that one evaluation may take, in GB; default: what is free.",
        )

    def __init__(
        self, options: Options, credentials: qfusion_core.Credentials | None = None
    ) -> None:
        if options.seed is not None and options.shots is None:
            raise InputError("statevector: seed: exact values draw nothing; set shots or drop seed")
        self.shots = options.shots
        self._memory_gb = options.memory_gb
        self._sampled = options.shots and SampledStatevector(
            self._simulate, options.shots, options.seed
        )
        # a model asks for one circuit and one readout again and again
        self._program = lru_cache(maxsize=4)(Program)
        self._readout = lru_cache(maxsize=4)(Readout)

    def expectations(
        self, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
    ) -> Tensor:
        """See `qfusion_core.Device`. float64 is computed as such, all else in float32."""
        if self._sampled:
            return self._sampled.expectations(circuit, data, weights, observables)
        circuit.check(data, weights, observables)
        require_finite("data", data)
        require_finite("weights", weights)
        return self._simulate(circuit, data, weights, observables)

    def _simulate(
        self,
        circuit: Circuit,
        data: Tensor,
        weights: Tensor,
        observables: Sequence[str],
        observe: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        if not observables:
            return data.new_zeros(len(data), 0)
        real = torch.promote_types(data.dtype, torch.float32)
        dtype = real.to_complex()
        words = tuple(observables)
        require_memory(circuit, words, len(data), dtype, data.device, self._memory_gb)
        program = self._program(circuit, dtype, data.device)
        readout = self._readout(words, dtype, data.device)
        state = program(data.to(real), weights.to(data.device, real))
        return readout(state, observe).to(data.dtype)
