"""From counts of measured bits to expectation values of Pauli words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def from_counts(
    counts: Mapping[str, float], wires: Sequence[int], words: Sequence[str]
) -> NDArray[np.float64]:
    """Mean parity of each word over the shots.

    Args:
        counts: Of bit strings, or their probabilities; the first letter is the first wire's.
        wires: Which wire each letter is.
        words: Pauli words, wire 0 first, of one measurement setting.

    Returns:
        ``[words]``.

    >>> from_counts({"01": 75, "11": 25}, [0, 1], ["ZI", "IZ", "ZZ", "II"])
    array([ 0.5, -1. , -0.5,  1. ])
    """
    bits = np.array([[int(letter) for letter in text] for text in counts])
    weights = np.array(list(counts.values()), dtype=float)
    values: NDArray[np.float64] = weights @ _parities(bits, wires, words) / weights.sum()
    return values


def _parities(
    bits: NDArray[np.integer], wires: Sequence[int], words: Sequence[str]
) -> NDArray[np.float64]:
    column_of = {wire: column for column, wire in enumerate(wires)}
    columns = [
        bits[:, [column_of[wire] for wire, letter in enumerate(word) if letter != "I"]].sum(1)
        for word in words
    ]
    return 1.0 - 2.0 * (np.stack(columns, axis=1) % 2)
