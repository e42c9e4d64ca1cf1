"""Clifford gates, pushed through to the end of a circuit where they cost nothing.

With F the product of the Clifford gates so far, ``exp(-i t/2 P) F = F exp(-i t/2 F'PF)``: every
later rotation turns about another Pauli word instead, and F itself, at the very end, turns the
observables into other words.
"""

from __future__ import annotations

from collections.abc import Iterable

from qfusion_statevector.compiler.pauli import Pauli

# every Clifford gate of the set in H, S and CNOT; digits are positions in the gate's wires
SPELLING: dict[str, tuple[str, ...]] = {
    "H": ("H0",),
    "S": ("S0",),
    "CNOT": ("C01",),
    "Z": ("S0", "S0"),
    "Sdg": ("S0", "S0", "S0"),
    "X": ("H0", "S0", "S0", "H0"),
    "Y": ("S0", "S0", "H0", "S0", "S0", "H0"),
    "SX": ("H0", "S0", "H0"),
    "SXdg": ("H0", "S0", "S0", "S0", "H0"),
    "CZ": ("H1", "C01", "H1"),
    "SWAP": ("C01", "C10", "C01"),
}


class CliffordFrame:
    """Images ``F'PF`` of the Pauli words under the Clifford gates met so far."""

    def __init__(self, n_wires: int) -> None:
        """No gate yet: each word is its own image."""
        self._x = [Pauli(x=1 << wire) for wire in range(n_wires)]
        self._z = [Pauli(z=1 << wire) for wire in range(n_wires)]

    def apply(self, name: str, wires: tuple[int, ...]) -> None:
        """Take in a gate of `SPELLING`."""
        for step in SPELLING[name]:
            self._apply(step[0], *(wires[int(digit)] for digit in step[1:]))

    def image(self, letters: Iterable[tuple[int, str]]) -> Pauli:
        """Of a word, given as its wires and letters; the sign is part of it."""
        product = Pauli()
        for wire, letter in letters:
            if letter == "Y":
                product *= Pauli(p=1)
            if letter in "XY":
                product *= self._x[wire]
            if letter in "YZ":
                product *= self._z[wire]
        return product

    def _apply(self, gate: str, a: int, b: int = -1) -> None:
        """The image of G'PG, for G on wires a and b."""
        x, z = self._x, self._z
        if gate == "H":
            x[a], z[a] = z[a], x[a]
        elif gate == "S":
            x[a] = Pauli(p=3) * x[a] * z[a]
        else:  # CNOT
            x[a], z[b] = x[a] * x[b], z[a] * z[b]
