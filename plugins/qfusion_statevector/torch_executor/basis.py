"""Bases in which commuting Pauli words are plain X, each on a position bit of its own.

Let P_1, ..., P_m commute, with X masks that are independent over GF(2). With |r> a computational
basis state outside their span, ``|l, r> = P_m^l_m ... P_1^l_1 |r>`` is a computational basis state
again, up to a power of i, and ``P_j |l, r> = |l ^ e_j, r>``. Changing to that basis moves
amplitudes and multiplies them by powers of i: one gather.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qfusion_statevector.compiler.gf2 import reduce
from qfusion_statevector.compiler.pauli import Pauli, parity


@dataclass(frozen=True)
class Basis:
    """Position l is ``i^exponent(l)`` times the computational state XOR of columns[bits of l].

    Attributes:
        columns: One X mask for each position bit, bit 0 first: a basis of GF(2)^n.
        words: ``(bit, Pauli)``: the word that became X on that bit, in the order of application.
    """

    columns: tuple[int, ...]
    words: tuple[tuple[int, Pauli], ...] = ()

    @classmethod
    def of(cls, words: Sequence[Pauli], n_wires: int) -> Basis:
        """Of words with independent X masks; their bits are the highest, first word highest."""
        pivots: dict[int, int] = {}
        for word in words:
            rest = reduce(word.x, pivots)
            pivots[rest.bit_length()] = rest
        others = [1 << bit for bit in range(n_wires) if bit + 1 not in pivots]
        columns = (*others, *(word.x for word in reversed(words)))
        return cls(columns, tuple((n_wires - 1 - i, word) for i, word in enumerate(words)))

    def mask(self, z: int) -> int:
        """The word ``Z^z`` as a mask of position bits."""
        return sum(parity(z & column) << bit for bit, column in enumerate(self.columns))

    @cached_property
    def states(self) -> NDArray[np.int64]:
        """The computational state of each position, ``[2^n]``."""
        return _combine(self.columns)

    @cached_property
    def exponents(self) -> NDArray[np.int64]:
        """The power of i of each position, ``[2^n]``, in 0..3."""
        positions = np.arange(1 << len(self.columns))
        total = np.zeros_like(positions)
        # the word sees the state that those before it have made
        before = positions.copy()
        for bit, _ in self.words:
            before &= ~(1 << bit)
        for bit, word in self.words:
            signs = np.bitwise_count(before & self.mask(word.z)) & 1
            total += (positions >> bit & 1) * (word.p + 2 * signs.astype(np.int64))
            before |= positions & 1 << bit
        return total & 3

    def move(self, new: Basis) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The change to another basis: ``new[l] = i^exponent[l] old[source[l]]``.

        Returns:
            ``(source, exponent)``, each ``[2^n]``.
        """
        position = np.empty_like(self.states)
        position[self.states] = np.arange(len(position))
        source = position[new.states]
        return source, (self.exponents[source] - new.exponents) & 3


def signs_of(masks: Sequence[int], n_wires: int) -> NDArray[np.int64]:
    """``(-1)^parity(k & mask)`` for each position k and mask, ``[2^n, masks]``."""
    positions = np.arange(1 << n_wires)
    odd = np.bitwise_count(positions[:, None] & np.array(masks)) & 1
    signs: NDArray[np.int64] = 1 - 2 * odd.astype(np.int64)
    return signs


def _combine(columns: Iterable[int]) -> NDArray[np.int64]:
    states = np.zeros(1, np.int64)
    for column in columns:
        states = np.concatenate([states, states ^ column])
    return states
