"""The mean of noisy expectation values as an affine function of exact ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.noise.pauli_paths import survival
from qfusion_core.noise_parameters import NoiseParameters


class AffineNoise(NamedTuple):
    """``noisy = exact @ matrix.T + offset``, float64.

    Attributes:
        words: Pauli words whose exact values are needed: those that are asked first.
        matrix: ``[n_observables, n_words]``.
        offset: ``[n_observables]``.
    """

    words: tuple[str, ...]
    matrix: Tensor
    offset: Tensor


def affine_noise(
    circuit: Circuit, observables: Sequence[str], noise: NoiseParameters
) -> AffineNoise:
    """Depolarising error of the gates (see `qfusion_core.noise.pauli_paths`), then readout error.

    Readout error is exact: where 0 is read as 1 with p01, and 1 as 0 with p10, by each qubit for
    itself, the Z that is read is ``(1 - p01 - p10) Z + (p10 - p01)``. A word is a product of such
    letters: with p01 and p10 unequal its mean takes the values of its sub-words, too. The gates
    that turn X and Y into Z for the readout are taken to be perfect.

    Args:
        circuit: What is run.
        observables: What is read.
        noise: Its shots are not looked at here.
    """
    p01, p10 = noise.readout
    scale, shift = 1 - p01 - p10, p10 - p01
    words = dict.fromkeys(observables)
    parts: list[list[tuple[str, float]]] = []
    for word in observables:
        wires = [wire for wire, letter in enumerate(word) if letter != "I"]
        sizes = range(len(wires), -1, -1) if shift else [len(wires)]
        parts.append(
            [
                (
                    "".join(c if w in kept else "I" for w, c in enumerate(word)),
                    scale**size * shift ** (len(wires) - size),
                )
                for size in sizes
                for kept in map(set, combinations(wires, size))
            ]
        )
        words |= dict.fromkeys(name for name, _ in parts[-1])
    constant = "I" * circuit.n_wires
    needed = tuple(word for word in words if word != constant)
    surviving = dict(zip(needed, survival(circuit, needed, noise.gates), strict=True))
    matrix = torch.zeros(len(observables), len(needed)).double()
    offset = torch.zeros(len(observables)).double()
    for row, terms in enumerate(parts):
        for name, factor in terms:
            if name == constant:
                offset[row] += factor
            else:
                matrix[row, needed.index(name)] += factor * surviving[name]
    return AffineNoise(needed, matrix, offset)
