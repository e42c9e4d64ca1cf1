"""PUBs of one template as one matrix of angles and one list of words: as few jobs as it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# Qiskit's letters for projectors, as halves of I and of a Pauli letter
_PROJECTORS = {
    "0": ("Z", 1),
    "1": ("Z", -1),
    "+": ("X", 1),
    "-": ("X", -1),
    "r": ("Y", 1),
    "l": ("Y", -1),
}


class PubRows:
    """Rows and words that PUBs ask for; what two of them ask of one row is measured once.

    The same word of the same row, asked for twice, is measured twice: somebody wants two answers.
    """

    def __init__(self) -> None:
        self.rows: list[Numbers] = []
        self.words: dict[str, int] = {}
        self._copies: dict[bytes, list[tuple[int, set[int]]]] = defaultdict(list)

    def places(self, rows: Numbers, sums: list[Mapping[str, float]]) -> list[Place]:
        """Where the values of some entries will stand.

        Args:
            rows: Angles ``[entries, n_angles]``.
            sums: Of each entry, factors of Pauli words, wire 0 first.
        """
        return [self._place(row, words) for row, words in zip(rows, sums, strict=True)]

    def _place(self, row: Numbers, factors: Mapping[str, float]) -> Place:
        constant = sum(factor for word, factor in factors.items() if not set(word) - {"I"})
        own = {word: factor for word, factor in factors.items() if set(word) - {"I"}}
        columns = [self.words.setdefault(word, len(self.words)) for word in own]
        return Place(self._row(row, columns), columns, np.array(list(own.values())), constant)

    def _row(self, row: Numbers, columns: list[int]) -> int:
        """Number of a copy of the row whose words nobody has asked for yet."""
        copies = self._copies[row.tobytes()]
        for number, used in copies:
            if used.isdisjoint(columns):
                used.update(columns)
                return number
        copies.append((len(self.rows), set(columns)))
        self.rows.append(row)
        return len(self.rows) - 1


class Place:
    """One entry of a PUB: a sum of values of one row.

    Args:
        row: Its number.
        columns: Of the words.
        factors: Of each.
        constant: What is added.
    """

    def __init__(self, row: int, columns: list[int], factors: Numbers, constant: float) -> None:
        self.row, self.columns, self.factors, self.constant = row, columns, factors, constant

    def value(self, values: Numbers) -> float:
        """Of values ``[rows, words]``."""
        return float(values[self.row, self.columns] @ self.factors) + self.constant

    def error(self, values: Numbers, shots: int | None) -> float:
        """Standard error of it by the shots, as if words were measured one by one."""
        if not shots or not self.columns:
            return 0.0
        own = np.clip(1 - values[self.row, self.columns] ** 2, 0, None) / shots
        return float(np.sqrt(own @ self.factors**2))


def pauli_sum(observable: Mapping[str, Any]) -> dict[str, float]:
    """Factors of Pauli words, wire 0 first, of an observable as a PUB has it (qubit 0 last).

    >>> pauli_sum({"1X": 1.0})
    {'XI': 0.5, 'XZ': -0.5}
    """
    found: dict[str, float] = defaultdict(float)
    for label, factor in observable.items():
        parts = [
            [("I", 0.5), (_PROJECTORS[letter][0], 0.5 * _PROJECTORS[letter][1])]
            if letter in _PROJECTORS
            else [(letter, 1.0)]
            for letter in reversed(label)
        ]
        for choice in product(*parts):
            word = "".join(letter for letter, _ in choice)
            found[word] += float(np.real(factor)) * float(np.prod([part for _, part in choice]))
    return dict(found)
