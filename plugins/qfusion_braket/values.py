"""From measured bits to expectation values of Pauli words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def from_measurements(
    bits: NDArray[np.integer], qubits: Sequence[int], words: Sequence[str]
) -> NDArray[np.float64]:
    """Mean parity of each word over the shots.

    Args:
        bits: ``[shots, measured qubits]``, in the setting of the words.
        qubits: Which qubit each column is.
        words: Pauli words, wire 0 first.

    Returns:
        ``[words]``.
    """
    return _parities(bits, qubits, words).mean(0)


def from_probabilities(
    probabilities: Mapping[str, float], qubits: Sequence[int], words: Sequence[str]
) -> NDArray[np.float64]:
    """The same from probabilities of bit strings, whose first letter is the first of the qubits."""
    bits = np.array([[int(letter) for letter in text] for text in probabilities])
    weights = np.array(list(probabilities.values()))
    return weights @ _parities(bits, qubits, words) / weights.sum()


def _parities(
    bits: NDArray[np.integer], qubits: Sequence[int], words: Sequence[str]
) -> NDArray[np.float64]:
    place = {qubit: column for column, qubit in enumerate(qubits)}
    columns = [
        bits[:, [place[wire] for wire, letter in enumerate(word) if letter != "I"]].sum(1)
        for word in words
    ]
    return 1.0 - 2.0 * (np.stack(columns, axis=1) % 2)
