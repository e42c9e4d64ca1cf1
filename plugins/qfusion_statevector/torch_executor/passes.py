"""Passes over the state, each with its way back.

States are ``[copies, 2^n, batch]``, samples innermost; a pass may write over the state that it
gets, or give its memory away. `undo` gets a state and its gradient (as
torch defines it for complex numbers) as two copies, takes both back through the pass, and adds the
gradients of the pass's own parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from qfusion_statevector.torch_executor.basis import Basis, signs_of
from qfusion_statevector.torch_executor.local_unitaries import (
    Hadamard,
    SpareState,
    multiply,
    product_state,
    rows_of,
)
from qfusion_statevector.torch_executor.parameters import Gradients, Parameters

AT_ONCE = 4  # words whose patterns of signs share a table


class Pass(Protocol):
    """One step of a program."""

    def apply(self, state: Tensor, values: Parameters, spare: SpareState) -> Tensor:
        """The state after the pass."""

    def undo(
        self, both: Tensor, values: Parameters, gradients: Gradients, spare: SpareState
    ) -> Tensor:
        """State and gradient before the pass, from those after it."""


class Relabel:
    """A change of basis: amplitudes move and take powers of i."""

    def __init__(self, old: Basis, new: Basis, dtype: torch.dtype, device: torch.device) -> None:
        source, exponents = old.move(new)
        powers = torch.tensor([1, 1j, -1, -1j], dtype=dtype, device=device)
        phases = powers[torch.from_numpy(exponents).to(device)]
        self._phase = phases[:, None] if exponents.any() else None
        self._phase_back = None if self._phase is None else self._phase.conj().resolve_conj()
        moves = bool((source[1:] < source[:-1]).any())
        self._source = torch.from_numpy(source).to(device) if moves else None
        self._target = torch.from_numpy(source.argsort()).to(device) if moves else None

    def apply(self, state: Tensor, values: Parameters, spare: SpareState) -> Tensor:
        """See `Pass`."""
        return self._write(state, self._source, self._phase, spare)

    def undo(
        self, both: Tensor, values: Parameters, gradients: Gradients, spare: SpareState
    ) -> Tensor:
        """See `Pass`."""
        if self._phase_back is not None:
            both.mul_(self._phase_back)
        return self._write(both, self._target, None, spare)

    def there(self, state: Tensor) -> Tensor:
        """`apply` that leaves the state as it is."""
        moved = state if self._source is None else state.index_select(1, self._source)
        return moved if self._phase is None else moved * self._phase

    def back(self, state: Tensor) -> Tensor:
        """Inverse of `there`."""
        moved = state if self._phase_back is None else state * self._phase_back
        return moved if self._target is None else moved.index_select(1, self._target)

    def _write(
        self, state: Tensor, source: Tensor | None, phase: Tensor | None, spare: SpareState
    ) -> Tensor:
        if source is not None:
            moved = torch.index_select(state, 1, source, out=spare.take(state))
            spare.keep(state)
            state = moved
        return state if phase is None else state.mul_(phase)


@dataclass(frozen=True)
class Window:
    """A real unitary on neighbouring bits, the same for all samples: one matrix product."""

    above: int
    index: int

    def apply(self, state: Tensor, values: Parameters, spare: SpareState) -> Tensor:
        """See `Pass`."""
        product = multiply(values.unitaries[self.index], state, self.above, spare)
        spare.keep(state)
        return product

    def undo(
        self, both: Tensor, values: Parameters, gradients: Gradients, spare: SpareState
    ) -> Tensor:
        """See `Pass`."""
        unitary = values.unitaries[self.index]
        before = multiply(unitary.T, both, self.above, spare)
        state, gradient = (
            rows_of(part[None], len(unitary), self.above).transpose(0, 1).flatten(1)
            for part in (before[0], both[1])
        )
        gradients.unitaries[self.index] += gradient @ state.T
        spare.keep(both)
        return before


@dataclass(frozen=True)
class SharedPhases:
    """A phase for each basis state, the same for all samples."""

    column: int

    def apply(self, state: Tensor, values: Parameters, spare: SpareState) -> Tensor:
        """See `Pass`."""
        return state.mul_(_unit(values.phases[:, self.column, None]))

    def undo(
        self, both: Tensor, values: Parameters, gradients: Gradients, spare: SpareState
    ) -> Tensor:
        """See `Pass`."""
        gradients.phases[:, self.column] += _overlap(both).sum(-1).imag
        return both.mul_(_unit(-values.phases[:, self.column, None]))


class SampledPhases:
    """A phase for each basis state and sample: words of Z, by their masks of position bits.

    A few words at a time: they have one product for each pattern of their signs, and each basis
    state has a pattern. That is a gather, where the cosine of a phase for each state would be dear.
    """

    def __init__(self, masks: Sequence[int], bits: int, rows: slice, real: Tensor) -> None:
        """Build the tables.

        Args:
            masks: Of the words.
            bits: Of the states.
            rows: The words' places among those that have an angle for each sample.
            real: Any real tensor of the dtype and on the device.
        """
        signs = signs_of(masks, bits)
        self._signs = torch.from_numpy(signs.T.copy()).to(real)
        self._rows = rows
        self._patterns: list[tuple[slice, Tensor]] = []
        for first in range(0, len(masks), AT_ONCE):
            some = signs[:, first : first + AT_ONCE]
            patterns = (some < 0) @ (1 << np.arange(some.shape[1])[::-1])
            start = rows.start + first
            span = slice(start, start + some.shape[1])
            self._patterns.append((span, torch.from_numpy(patterns).to(real.device)))

    def apply(self, state: Tensor, values: Parameters, spare: SpareState) -> Tensor:
        """See `Pass`."""
        for span, patterns in self._patterns:
            state.mul_(product_state(values.factors[span])[patterns])
        return state

    def undo(
        self, both: Tensor, values: Parameters, gradients: Gradients, spare: SpareState
    ) -> Tensor:
        """See `Pass`."""
        gradients.sampled[self._rows] -= self._signs @ _overlap(both).imag / 2
        for span, patterns in self._patterns:
            both.mul_(product_state(values.factors[span]).conj()[patterns])
        return both


class SampledRotations:
    """Rotations about X of the highest bits, each with an angle for each sample.

    After a Hadamard transform of these bits they are phases, a product of one factor for each bit.
    """

    def __init__(self, bits: int, rows: slice, hadamard: Hadamard, real: Tensor) -> None:
        """Build the tables.

        Args:
            bits: How many there are.
            rows: The words' places among those that have an angle for each sample.
            hadamard: The transform of these bits, unitary.
            real: Any real tensor of the dtype and on the device.
        """
        self._rows, self._hadamard = rows, hadamard
        signs = signs_of([1 << bit for bit in reversed(range(bits))], bits)
        self._half_signs = torch.from_numpy(signs.T / 2).to(real)

    def apply(self, state: Tensor, values: Parameters, spare: SpareState) -> Tensor:
        """See `Pass`."""
        turned = self._hadamard(state, spare)
        return self._hadamard(self._times(turned, self._phases(values)), spare)

    def undo(
        self, both: Tensor, values: Parameters, gradients: Gradients, spare: SpareState
    ) -> Tensor:
        """See `Pass`."""
        turned, phases = self._hadamard(both, spare), self._phases(values)
        overlap = _overlap(turned).view(len(phases), -1, both.shape[-1]).sum(1)
        gradients.sampled[self._rows] -= self._half_signs @ overlap.imag
        return self._hadamard(self._times(turned, phases.conj()), spare)

    def _times(self, state: Tensor, phases: Tensor) -> Tensor:
        view = state.view(len(state), len(phases), -1, state.shape[-1])
        view.mul_(phases[:, None])
        return state

    def _phases(self, values: Parameters) -> Tensor:
        """``[2^bits, batch]``."""
        return product_state(values.factors[self._rows])


def _unit(phases: Tensor) -> Tensor:
    return torch.complex(phases.cos(), phases.sin())


def _overlap(both: Tensor) -> Tensor:
    """``[2^n, batch]``: its imaginary part is the gradient of the phases after a phase pass."""
    state, gradient = both
    overlap: Tensor = gradient * state.conj()
    return overlap
