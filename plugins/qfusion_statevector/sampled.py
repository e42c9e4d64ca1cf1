"""The state-vector simulator read out with a finite number of shots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from qfusion_core import Angle, BlackBoxDevice, Circuit, Gate, Term

Exact = Callable[[Circuit, Tensor, Tensor, Sequence[str], Callable[[Tensor], Tensor]], Tensor]


class SampledStatevector(BlackBoxDevice):
    """Draws each group of commuting words from its exact distribution.

    Like a machine, it can only be differentiated by parameter shift.
    """

    name = "statevector"

    def __init__(self, simulate: Exact, shots: int, seed: int | None) -> None:
        """Keep the exact simulation; start the stream of draws, at ``seed`` or at torch's."""
        self.shots = shots
        self._simulate = simulate
        self._generator = None if seed is None else torch.Generator().manual_seed(seed)

    def evaluate(self, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> Tensor:
        """See `qfusion_core.BlackBoxDevice`."""
        weights = angles.new_zeros(0)
        return self._simulate(_template(circuit), angles, weights, observables, self._draw)

    def _draw(self, probabilities: Tensor) -> Tensor:
        """Relative frequencies ``[2**n, rows]`` of the outcomes in `shots` draws."""
        rows = probabilities.T.cpu()
        draws = torch.multinomial(rows, self.shots, replacement=True, generator=self._generator)
        weight = rows.new_full((1, 1), 1 / self.shots).expand(draws.shape)
        return torch.zeros_like(rows).scatter_add_(1, draws, weight).T.to(probabilities)


def _template(circuit: Circuit) -> Circuit:
    """The circuit as a function of its gate angles instead of data and weights."""
    gates: list[Gate] = []
    column = 0
    for gate in circuit.gates:
        if gate.angle is not None:
            gate = replace(gate, angle=Angle((Term("data", column, 1.0),)))
            column += 1
        gates.append(gate)
    return Circuit(circuit.n_wires, tuple(gates), n_data=column, n_weights=0)
