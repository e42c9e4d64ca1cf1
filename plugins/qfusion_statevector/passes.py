"""Passes over the state, each with its way back.

States are ``[copies, 2**n, batch]``, samples innermost. `undo` gets a state and its gradient as two
copies, takes both back through the pass, and adds the gradients of the pass's own parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Parameters(NamedTuple):
    """What the angles of a circuit have been turned into; also the gradients of just that.

    Attributes:
        shared: Unitaries of wire windows that all samples share, ``[windows, d, d]``.
        sampled: Matrices of runs with one for each sample, ``[runs + 1, 2, 2, batch]``.
        shared_angles: Angles of the rotations, ``[n_angles, 1]``, without their data terms.
        sampled_angles: Angles of the rotations, ``[n_angles, batch]``.
    """

    shared: Tensor
    sampled: Tensor
    shared_angles: Tensor
    sampled_angles: Tensor


class Pass(Protocol):
    """One step of a circuit."""

    def apply(self, state: Tensor, values: Parameters) -> Tensor:
        """The state after the pass."""

    def undo(self, both: Tensor, values: Parameters, gradients: Parameters) -> Tensor:
        """State and gradient before the pass, from those after it."""


@dataclass(frozen=True)
class Turn:
    """A unitary on neighbouring wires, the same for all samples: one matrix product."""

    left: int
    index: int

    def apply(self, state: Tensor, values: Parameters) -> Tensor:
        """See `Pass`."""
        return multiply(values.shared[self.index], state, self.left)

    def undo(self, both: Tensor, values: Parameters, gradients: Parameters) -> Tensor:
        """See `Pass`."""
        unitary = values.shared[self.index]
        before = multiply(unitary.mH.resolve_conj(), both, self.left)
        gradient, state = (self._rows(both[1], unitary), self._rows(before[0], unitary))
        gradients.shared[self.index] += gradient @ state.mH
        return before

    def _rows(self, state: Tensor, unitary: Tensor) -> Tensor:
        """One row for each state of the wires that are turned."""
        return state.view(self.left, len(unitary), -1).transpose(0, 1).flatten(1)


@dataclass(frozen=True)
class SampledTurn:
    """A 2 x 2 matrix on one wire, another for each sample: elementwise products."""

    left: int
    index: int

    def apply(self, state: Tensor, values: Parameters) -> Tensor:
        """See `Pass`."""
        return self._multiply(values.sampled[self.index], state)

    def undo(self, both: Tensor, values: Parameters, gradients: Parameters) -> Tensor:
        """See `Pass`."""
        before = self._multiply(values.sampled[self.index].transpose(0, 1).conj(), both)
        gradient = self._split(both)[1, :, :, None]
        state = self._split(before)[0, :, None].conj()
        gradients.sampled[self.index] += (gradient * state).sum((0, 3))
        return before

    def _split(self, state: Tensor) -> Tensor:
        copies, size, batch = state.shape
        return state.view(copies, self.left, 2, size // (2 * self.left), batch)

    def _multiply(self, matrix: Tensor, state: Tensor) -> Tensor:
        view = self._split(state)
        first, second = matrix[:, 0, None], matrix[:, 1, None]
        return torch.addcmul(first * view[:, :, :1], second, view[:, :, 1:]).view_as(state)


@dataclass(frozen=True, eq=False)
class Monomial:
    """A permutation of the basis states with phases, in one gather.

    ``new[k] = constant[k] exp(-i/2 sum_j signs[k, j] angles[columns[j]]) old[source[k]]``
    """

    source: Tensor
    constant: Tensor | None
    signs: Tensor
    columns: Tensor
    per_sample: bool

    def apply(self, state: Tensor, values: Parameters) -> Tensor:
        """See `Pass`."""
        moved = state.index_select(1, self.source)
        phase = self._phase(values)
        return moved if phase is None else moved * phase

    def undo(self, both: Tensor, values: Parameters, gradients: Parameters) -> Tensor:
        """See `Pass`."""
        phase = self._phase(values)
        if len(self.columns):
            # d new / d angle = -i/2 sign new
            overlap = (both[1].conj() * both[0]).imag
            if not self.per_sample:
                overlap = overlap.sum(-1, keepdim=True)
            gradient = self._angles(gradients)
            gradient.index_add_(0, self.columns, self.signs.T @ overlap / 2)
        moved = both if phase is None else both * phase.conj()
        return torch.empty_like(moved).index_copy_(1, self.source, moved)

    def _angles(self, values: Parameters) -> Tensor:
        return values.sampled_angles if self.per_sample else values.shared_angles

    def _phase(self, values: Parameters) -> Tensor | None:
        if not len(self.columns):
            return self.constant
        half = self.signs @ self._angles(values)[self.columns] / 2
        phase = torch.complex(half.cos(), -half.sin())
        return phase if self.constant is None else phase * self.constant


def multiply(matrix: Tensor, state: Tensor, left: int) -> Tensor:
    """``matrix [d, d]`` on the wires between ``left`` basis states before and the rest after."""
    view = state.reshape(state.shape[0] * left, len(matrix), -1)
    return torch.bmm(matrix.expand(len(view), -1, -1), view).view_as(state)
