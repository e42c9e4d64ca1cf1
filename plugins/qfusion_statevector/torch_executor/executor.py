"""A program run by torch, on any of its devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from qfusion_core import Circuit, commuting_groups
from qfusion_statevector.autograd import NotFinite, all_finite
from qfusion_statevector.compiler.program import Program, compile_program
from qfusion_statevector.torch_executor.expectation_values import MeasurementSetting
from qfusion_statevector.torch_executor.local_unitaries import SpareState
from qfusion_statevector.torch_executor.parameters import PassParameters
from qfusion_statevector.torch_executor.plan import Plan


class TorchExecutor:
    """Runs one program in one precision on one torch device."""

    def __init__(
        self,
        program: Program,
        groups: Sequence[Sequence[int]],
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        """Build the tables.

        Args:
            program: What to run.
            groups: The numbers of the words that are read in each setting.
            dtype: float32 or float64.
            device: Where it runs.
        """
        self._complex = dtype.to_complex()
        self._plan = Plan(program, self._complex, device)
        self._settings = [
            MeasurementSetting(
                [program.images[i] for i in members], self._plan.basis, self._complex, device
            )
            for members in groups
        ]
        order = torch.tensor([n for members in groups for n in members], device=device)
        self._inverse_order = order.argsort()
        self._members = [torch.tensor(members, device=device) for members in groups]

    @classmethod
    def of(
        cls, circuit: Circuit, words: Sequence[str], dtype: torch.dtype, device: torch.device
    ) -> TorchExecutor:
        """Of a circuit and its Pauli words, as few settings as there are."""
        groups = [members for _, members in commuting_groups(words)]
        return cls(compile_program(circuit, words), groups, dtype, device)

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and what `backward` needs (nothing if not ``keep``)."""
        with torch.no_grad():
            prepared = self._plan.forward(data, weights, keep)
            state = self._evolve(prepared)
            values = self._read(state)
            if not all_finite(values, data, weights):
                raise NotFinite
        return values, (*prepared, state) if keep else ()

    def sample(self, data: Tensor, weights: Tensor, observe: Callable[[Tensor], Tensor]) -> Tensor:
        """Values ``[batch, words]`` from observed frequencies, see `MeasurementSetting.values`."""
        with torch.no_grad():
            return self._read(self._evolve(self._plan.forward(data, weights, False)), observe)

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""
        prepared, state = PassParameters(*saved[:-1]), saved[-1]
        back = torch.zeros_like(state)
        for setting, members in zip(self._settings, self._members, strict=True):
            back += setting.gradient(state, gradient.T[members])
        both = torch.cat([state, back])
        gradients, parameters, spare = prepared.zeros(), prepared.parameters, SpareState()
        for step in reversed(self._plan.passes):
            both = step.undo(both, parameters, gradients, spare)
        return self._plan.backward(prepared, both[1], gradients, of_data, of_weights)

    def _evolve(self, prepared: PassParameters) -> Tensor:
        state, parameters, spare = (
            self._plan.state(prepared.start),
            prepared.parameters,
            SpareState(),
        )
        for step in self._plan.passes:
            state = step.apply(state, parameters, spare)
        return state

    def _read(self, state: Tensor, observe: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        values = [setting.values(state, observe) for setting in self._settings]
        return torch.cat(values)[self._inverse_order].T.clone(memory_format=torch.contiguous_format)
