"""A circuit compiled for one device and precision: angles in, final state out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from qfusion_core import Circuit, QfusionError
from qfusion_statevector.layers import Run, fuse
from qfusion_statevector.monomial import compose
from qfusion_statevector.passes import Parameters, Pass, SampledTurn, Turn
from qfusion_statevector.unitaries import RunMatrices, kronecker, windows


class Program:
    """Computes the final states of a batch, differentiable in data and weights."""

    def __init__(self, circuit: Circuit, dtype: torch.dtype, device: torch.device) -> None:
        """Fuse the circuit and build its tables.

        Args:
            circuit: What to run.
            dtype: Of the state: complex64 or complex128.
            device: Where it runs.
        """
        layers = fuse(circuit)
        runs = [*layers.start, *(run for _, turns in layers.rest for run in turns)]
        shared = list(dict.fromkeys(run for run in runs if not run.per_sample))
        sampled = [run for run in runs if run.per_sample]
        row = {run: row for part in (shared, sampled) for row, run in enumerate(part)}
        self._circuit = circuit
        self._start = {run.wire: (run.per_sample, row[run]) for run in layers.start}
        self._shared = RunMatrices(shared, dtype, device)
        self._sampled = RunMatrices(sampled, dtype, device)
        self._passes: list[Pass] = []
        self._windows: list[list[int]] = []
        for monomial, turns in layers.rest:
            self._passes.append(compose(monomial, circuit.n_wires, dtype, device))
            self._add_turns(turns, row)
        self._window_index = torch.tensor(self._windows, dtype=torch.long, device=device)

    def _add_turns(self, turns: Sequence[Run], row: dict[Run, int]) -> None:
        rows = {run.wire: row[run] for run in turns if not run.per_sample}
        for wires in windows(list(rows), self._circuit.n_wires):
            self._passes.append(Turn(2 ** wires[0], len(self._windows)))
            # row -1 is the identity: no run, or one that the window before has done already
            self._windows.append([rows.pop(wire, -1) for wire in wires])
        for run in turns:
            if run.per_sample:
                self._passes.append(SampledTurn(2**run.wire, row[run]))

    def __call__(self, data: Tensor, weights: Tensor) -> Tensor:
        """``data [batch, n_data]``, ``weights [n_weights]`` to states ``[2**n, batch]``."""
        none = data.new_zeros(1, self._circuit.n_data)
        shared_angles = self._circuit.angles(none, weights).T.contiguous()
        sampled_angles = self._circuit.angles(data, weights).T.contiguous()
        shared, sampled = self._shared(shared_angles), self._sampled(sampled_angles)
        state = self._product_state(shared, sampled, len(data))
        if not self._passes:
            return state
        unitaries = self._unitaries(shared[..., 0])
        values = Parameters(unitaries, sampled, shared_angles, sampled_angles)
        return _Evolution.apply(self._passes, state, *values)

    def _product_state(self, shared: Tensor, sampled: Tensor, batch: int) -> Tensor:
        state = shared.new_ones(1, 1)
        for wire in range(self._circuit.n_wires):
            per_sample, row = self._start.get(wire, (False, -1))
            factor = (sampled if per_sample else shared)[row, :, 0]
            state = (state[:, None] * factor).flatten(0, 1)
        return state.expand(-1, batch).contiguous()

    def _unitaries(self, shared: Tensor) -> Tensor:
        if not self._windows:
            return shared
        return kronecker(shared[self._window_index])


class _Evolution(torch.autograd.Function):
    """Takes a product state through the passes; differentiates by the adjoint method.

    The states in between are recomputed backwards, so that memory does not grow with depth.
    """

    @staticmethod
    def forward(ctx: Any, passes: list[Pass], start: Tensor, *values: Tensor) -> Tensor:
        parameters = Parameters(*values)
        state = start[None]
        for step in passes:
            state = step.apply(state, parameters)
        ctx.passes = passes
        ctx.save_for_backward(state[0], *values)
        return state[0]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():  # torch would take this gradient for a constant, in silence
            raise QfusionError(
                "statevector: no second derivatives; differentiate without create_graph=True, or "
                "use the backend default.qubit (type: pennylane), which has them"
            )
        state, *values = ctx.saved_tensors
        parameters = Parameters(*values)
        gradients = Parameters(*(torch.zeros_like(value) for value in values))
        both = torch.stack([state, gradient])
        for step in reversed(ctx.passes):
            both = step.undo(both, parameters, gradients)
        return None, both[1], *gradients
