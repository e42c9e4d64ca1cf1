"""Values of Pauli words, one pass over the state for each group that is measured together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from qfusion_core import commuting_groups
from qfusion_statevector.passes import multiply
from qfusion_statevector.unitaries import kronecker, matrices, windows


class Readout:
    """Expectation values of Pauli words in a batch of states, differentiable."""

    def __init__(self, words: Sequence[str], dtype: torch.dtype, device: torch.device) -> None:
        """Group the words and build the tables of their signs.

        Args:
            words: At least one, one letter for each wire, wire 0 first.
            dtype: Of the state: complex64 or complex128.
            device: Where it lives.
        """
        groups = commuting_groups(words)
        self._bases = [_to_z(basis, dtype, device) for basis, _ in groups]
        real = torch.empty(0, dtype=dtype).real.dtype
        self._signs = [
            torch.stack([_signs(words[index]) for index in members]).to(device, real)
            for _, members in groups
        ]
        order = torch.tensor([index for _, members in groups for index in members])
        self._place = order.argsort().to(device)

    def __call__(self, state: Tensor, observe: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """``state [2**n, batch]`` to values ``[batch, words]``.

        Args:
            state: Normalised, one column for each sample.
            observe: From the probabilities of one group, ``[2**n, batch]``, to the frequencies
                that are seen; None sees the probabilities themselves.
        """
        values = []
        for basis, signs in zip(self._bases, self._signs, strict=True):
            turned = state[None]
            for left, matrix in basis:
                turned = multiply(matrix, turned, left)
            probabilities = (turned.real**2 + turned.imag**2)[0]
            values.append(signs @ (observe(probabilities) if observe else probabilities))
        return torch.cat(values)[self._place].T


def _to_z(basis: str, dtype: torch.dtype, device: torch.device) -> list[tuple[int, Tensor]]:
    """Unitaries that take the eigenbasis of each letter to that of Z, as ``(left, matrix)``."""
    identity, hadamard, s_dagger = matrices(["I", "H", "Sdg"], dtype, device)
    turn = {"I": identity, "Z": identity, "X": hadamard, "Y": hadamard @ s_dagger}
    turns = {wire: turn[letter] for wire, letter in enumerate(basis) if letter in "XY"}
    result = []
    for wires in windows(list(turns), len(basis)):
        factors = [turns.pop(wire, identity) for wire in wires]
        result.append((2 ** wires[0], kronecker(torch.stack(factors)[None])[0]))
    return result


def _signs(word: str) -> Tensor:
    """Eigenvalue +1 or -1 of a word in each basis state of its own basis, ``[2**n]``, int8."""
    signs = torch.ones(1, dtype=torch.int8)
    for letter in word:
        factor = torch.tensor([1, 1 if letter == "I" else -1], dtype=torch.int8)
        signs = (signs[:, None] * factor).flatten()
    return signs
