"""Expectation values: each group of commuting words is read in one measurement setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from qfusion_statevector.compiler.gf2 import reduce
from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.torch_executor.basis import Basis
from qfusion_statevector.torch_executor.local_unitaries import Hadamard, SpareState
from qfusion_statevector.torch_executor.passes import Relabel


class MeasurementSetting:
    """A basis in which commuting words are all words of Z: their values are sums of probabilities.

    Words with independent X masks become X on bits of their own, and Z after a Hadamard transform
    of these bits; every other word is a product of those and a word of Z on the other bits.
    """

    def __init__(
        self, words: Sequence[Pauli], state_basis: Basis, dtype: torch.dtype, device: torch.device
    ) -> None:
        """Build the tables.

        Args:
            words: Commuting, signed.
            state_basis: Of the states that will be read.
            dtype: Of the states: complex.
            device: Where they live.
        """
        bits = len(state_basis.columns)
        generators: list[Pauli] = []
        products: list[tuple[list[int], Pauli]] = []
        pivots: dict[int, int] = {}
        for word in words:
            if rest := reduce(word.x, pivots):
                pivots[rest.bit_length()] = rest
                generators.append(word.unsigned)
            products.append(_factor(word, generators))
        basis = Basis.of(generators, bits)
        masks = [
            basis.mask(rest.z) | sum(1 << (bits - 1 - number) for number in used)
            for used, rest in products
        ]
        real = dtype.to_real()
        self._masks = torch.tensor(masks, device=device)
        signs = [[rest.sign] for _, rest in products]
        self._signs = torch.tensor(signs, dtype=real, device=device)
        self._relabel = Relabel(state_basis, basis, dtype, device)
        self._hadamard = Hadamard(len(generators), bits, real, device, unitary=True)
        self._sums = Hadamard(bits, bits, real, device, unitary=False)

    def values(self, state: Tensor, observe: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """``state [1, 2^n, batch]`` to ``[words, batch]``.

        Args:
            state: Normalised.
            observe: From the probabilities ``[2^n, batch]`` to the frequencies that are seen; None
                sees the probabilities themselves.
        """
        turned = self._hadamard(self._relabel.there(state))
        probabilities = (turned * turned.conj()).real.contiguous()
        if observe is not None:
            probabilities = observe(probabilities[0])[None]
        return self._sums(probabilities)[0, self._masks] * self._signs

    def gradient(self, state: Tensor, gradient: Tensor) -> Tensor:
        """``state [1, 2^n, batch]``, ``gradient [words, batch]`` to the gradient of the state."""
        turned = self._hadamard(self._relabel.there(state))
        weights = gradient.new_zeros(turned.shape[1:])
        # a word may be asked for twice
        weights.index_add_(0, self._masks, 2 * gradient * self._signs)
        return self._relabel.back(self._hadamard(turned * self._sums(weights[None]), SpareState()))


def _factor(word: Pauli, generators: Sequence[Pauli]) -> tuple[list[int], Pauli]:
    """A word as a product of generators (by number) and a signed word of Z."""
    eliminated: dict[int, tuple[int, int]] = {}  # by bit length: mask, generators used (as bits)
    for number, generator in enumerate(generators):
        mask, used = _eliminate(generator.x, 1 << number, eliminated)
        eliminated[mask.bit_length()] = (mask, used)
    _, used = _eliminate(word.x, 0, eliminated)
    numbers = [number for number in range(len(generators)) if used >> number & 1]
    rest = word
    for number in numbers:  # each is its own inverse, and they commute
        rest = generators[number] * rest
    return numbers, rest


def _eliminate(mask: int, used: int, eliminated: dict[int, tuple[int, int]]) -> tuple[int, int]:
    while mask and mask.bit_length() in eliminated:
        other, others_used = eliminated[mask.bit_length()]
        mask, used = mask ^ other, used ^ others_used
    return mask, used
