"""A program as passes, and how data and weights become their parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.compiler.program import Program
from qfusion_statevector.compiler.schedule import Affine, Rotation
from qfusion_statevector.tensors.basis import Basis, signs_of
from qfusion_statevector.tensors.groups import Phases, Turns, group
from qfusion_statevector.tensors.passes import (
    Parameters,
    Pass,
    Relabel,
    SampledPhases,
    SampledTurns,
    SharedPhases,
    Window,
)
from qfusion_statevector.tensors.windows import Hadamard, kronecker, product_state, windows


class Plan:
    """The passes of a program after its start.

    Attributes:
        passes: In the order in which they act.
        basis: Of the final state.
    """

    def __init__(self, program: Program, dtype: torch.dtype, device: torch.device) -> None:
        """Group the steps and build the tables of the passes.

        Args:
            program: What to run.
            dtype: Of the state: complex64 or complex128.
            device: Where it runs.
        """
        self._n_wires, self._place = program.n_wires, (dtype, device)
        self._n_data = program.n_data
        self._real = dtype.to_real()
        self._all = self._hadamard(self._n_wires, unitary=False)
        self._turns: list[Affine] = []
        self._windows: list[list[int]] = []
        self._shared: list[tuple[int, int, Affine]] = []  # column, mask, angle
        self._columns = 0
        self._sampled: list[Affine] = []
        growing = [step for step in program.steps[: program.growing] if isinstance(step, Rotation)]
        self._growth = _Affine([turn.angle for turn in growing], self._n_data, self._real, device)
        self.passes: list[Pass] = []
        self.basis = Basis.of(_generators(growing), self._n_wires)
        for found in group(program.steps[program.growing :], self._n_data):
            if isinstance(found, Turns):
                self._add_turns(found)
            else:
                self._add_phases(found)
        self._turn_angles = _Affine(self._turns, self._n_data, self._real, device)
        self._phase_angles = _Affine(
            [a for *_, a in self._shared], self._n_data, self._real, device
        )
        self._sampled_angles = _Affine(self._sampled, self._n_data, self._real, device)
        size = 1 << self._n_wires
        places = [column * size + mask for column, mask, _ in self._shared]
        self._places = torch.tensor(places, dtype=torch.long, device=device)
        self._window_index = torch.tensor(self._windows, dtype=torch.long, device=device)

    def _add_turns(self, found: Turns) -> None:
        words = [turn.pauli for turn in found.rotations]
        if not found.per_sample:
            words = _generators(found.rotations)
        new = Basis.of(words, self._n_wires)
        self.passes.append(Relabel(self.basis, new, *self._place))
        self.basis = new
        if found.per_sample:
            rows = self._sampled_rows([turn.angle for turn in found.rotations])
            bits = len(words)
            states = self._hadamard(bits, unitary=True)
            sums = self._hadamard(bits, unitary=False)
            single = [1 << bit for bit in reversed(range(bits))]
            single_bits = torch.tensor(single, device=self._place[1])
            self.passes.append(SampledTurns(rows, single_bits, states, sums))
            return
        first = len(self._turns)
        self._turns += [turn.angle for turn in found.rotations]
        for left, members in windows(len(words), self._n_wires):
            self.passes.append(Window(left, len(self._windows)))
            # -1 is the identity
            self._windows.append([-1 if m is None else first + m for m in members])

    def _add_phases(self, found: Phases) -> None:
        merged: dict[int, Affine] = {}
        for z, angle in found.angles:
            mask = self.basis.mask(z)
            merged[mask] = merged.get(mask, 0.0) + angle
        if found.per_sample:
            rows = self._sampled_rows(list(merged.values()))
            signs = torch.from_numpy(signs_of(list(merged), self._n_wires))
            self.passes.append(SampledPhases(signs.to(self._place[1], self._real), rows))
            return
        self.passes.append(SharedPhases(self._columns))
        self._shared += [(self._columns, mask, angle) for mask, angle in merged.items()]
        self._columns += 1

    def _hadamard(self, bits: int, *, unitary: bool) -> Hadamard:
        return Hadamard(bits, self._real, self._place[1], unitary=unitary)

    def _sampled_rows(self, angles: Sequence[Affine]) -> slice:
        first = len(self._sampled)
        self._sampled += angles
        return slice(first, len(self._sampled))

    def start(self, data: Tensor, weights: Tensor) -> Tensor:
        """The grown product state, ``[2^n, batch]``, real in the basis of the growing words."""
        half = self._growth(data, weights) / 2
        factors = torch.stack([half.cos(), half.sin()], 1)
        state = product_state(factors) if len(factors) else data.new_ones(1, len(data))
        rest = (1 << self._n_wires) // len(state)
        if rest > 1:  # bits that no word has reached stay 0; they are the lowest
            state = torch.nn.functional.pad(state[:, None], (0, 0, 0, rest - 1)).flatten(0, 1)
        return state

    def parameters(self, data: Tensor, weights: Tensor) -> Parameters:
        """Of all passes."""
        half = self._turn_angles(data[:1] * 0, weights)[:, 0] / 2
        half = torch.nn.functional.pad(half, (0, 1))  # the last one is the identity
        c, s = half.cos(), half.sin()
        pairs = torch.stack([c, -s, s, c], -1).view(-1, 2, 2)
        unitaries = kronecker(pairs[self._window_index]) if self._windows else pairs[:0]
        size = 1 << self._n_wires
        phases = data.new_zeros(size, self._columns)
        if self._columns:
            angles = self._phase_angles(data[:1] * 0, weights)[:, 0]
            table = angles.new_zeros(self._columns * size).index_copy(0, self._places, angles)
            phases = self._all(table.view(self._columns, size).T[None])[0] * -0.5
        sampled = self._sampled_angles(data, weights)
        half = sampled.detach() / 2
        factor = torch.complex(half.cos(), -half.sin())
        return Parameters(unitaries, phases, sampled, torch.stack([factor, factor.conj()], 1))


def _generators(turns: Sequence[Rotation]) -> list[Pauli]:
    """-iP of each: where states differ by these, ``cos(t/2) - i sin(t/2) P`` is real."""
    return [turn.pauli._replace(p=turn.pauli.p + 3) for turn in turns]


class _Affine:
    """Angles of several words: ``[words, batch]``."""

    def __init__(
        self, rows: Sequence[Affine], n_data: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        table = torch.from_numpy(np.array(rows) if rows else np.zeros((0, 0)))
        width = table.shape[1]
        parts = (table[:, :n_data], table[:, n_data : width - 1], table[:, width - 1 :])
        self._empty = not rows
        self._data, self._weights, self._offset = (part.to(device, dtype) for part in parts)

    def __call__(self, data: Tensor, weights: Tensor) -> Tensor:
        if self._empty:
            return data.new_zeros(0, len(data))
        return self._data @ data.T + (self._weights @ weights[:, None] + self._offset)
