"""How often a data entry turns what a word sees: the degree of its trigonometric polynomial.

A rotation by ``s x`` makes expectation values polynomials of degree 1 in ``cos(s x)`` and
``sin(s x)``, whatever else the circuit does, and whatever noise there is that does not depend on
the angle; several rotations multiply (Schuld, Sweke and Meyer, arXiv:2008.08605). Where all scales
of an entry are multiples of g, values repeat after ``2 pi / g``, and their degree in ``g x`` is the
sum of the multiples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.reach import Reach, reach_of_channels
from qfusion_core.errors import InputError

MOST_PARTS = 64  # of the smallest scale: a common divisor that is finer is taken for none
TOLERANCE = 1e-9  # relative, of scales that are multiples of each other


@dataclass(frozen=True)
class Degrees:
    """Of each word in each data entry.

    Attributes:
        of_words: ``[n_words][n_data]``; 0 where the word does not see the entry.
        frequencies: g of each entry: values repeat after ``2 pi / g``; 1 where no word sees it.
        scales: Of each entry, those with which it enters gates that words see, without repeats.
    """

    of_words: tuple[tuple[int, ...], ...]
    frequencies: tuple[float, ...]
    scales: tuple[tuple[float, ...], ...]

    @property
    def largest(self) -> tuple[int, ...]:
        """Of each entry, over all words."""
        columns = zip(*self.of_words, strict=True)
        return tuple(map(max, columns)) if self.of_words else (0,) * len(self.frequencies)


def degrees(circuit: Circuit, words: Sequence[str]) -> Degrees:
    """Degrees of some words in the data entries of a circuit.

    A word sees the gates that wires lead to it from. Unlike in `qfusion_core.light_cones`, gates
    that commute with the word are seen: noise on their wires may not commute, and a machine that
    reads 0 and 1 with unequal errors mixes a word with its parts. So what is left out is left out
    for any noise that acts on the wires of the gate it comes with.

    Args:
        circuit: The circuit.
        words: Pauli words, wire 0 first.

    Raises:
        InputError: The scales of an entry have no common divisor.

    >>> from qfusion_core.circuits.gates import Angle, Gate, Term
    >>> tilt = [Gate("RY", (0,), Angle((Term("data", 0, s),))) for s in (0.5, 1.0)]
    >>> found = degrees(Circuit(1, tuple(tilt), n_data=1, n_weights=0), ["Z"])
    >>> found.of_words, found.frequencies
    (((3,),), (0.5,))
    """
    uses: list[list[tuple[float, int]]] = [[] for _ in range(circuit.n_data)]
    for gate, seen in zip(circuit.gates, _reach(circuit, words).gates, strict=True):
        scales: dict[int, float] = {}
        for term in gate.angle.terms if gate.angle and seen else ():
            if term.source == "data":
                scales[term.index] = scales.get(term.index, 0.0) + term.scale
        for entry, scale in scales.items():
            if scale:
                uses[entry].append((abs(scale), seen))
    frequencies = [_divisor(entry, [scale for scale, _ in of]) for entry, of in enumerate(uses)]
    table = [[0] * circuit.n_data for _ in words]
    for entry, of in enumerate(uses):
        for scale, seen in of:
            times = round(scale / frequencies[entry])
            for number in range(len(words)):
                table[number][entry] += times if seen >> number & 1 else 0
    return Degrees(
        tuple(map(tuple, table)),
        tuple(frequencies),
        tuple(tuple(sorted({scale for scale, _ in of})) for of in uses),
    )


def wires_of(circuit: Circuit, words: Sequence[str]) -> list[int]:
    """Of each word, the wires that it sees, as a mask."""
    return _reach(circuit, words).wires


def _reach(circuit: Circuit, words: Sequence[str]) -> Reach:
    letters = [[wire for wire, letter in enumerate(word) if letter != "I"] for word in words]
    return reach_of_channels([gate.wires for gate in circuit.gates], letters)


def _divisor(entry: int, scales: Sequence[float]) -> float:
    """The largest number of which all scales are multiples; 1 for none."""
    if not scales:
        return 1.0
    smallest, parts = min(scales), 1
    for scale in scales:
        ratio = scale / smallest
        known = math.isfinite(ratio)  # scales may be too far apart for a float
        near = Fraction(ratio if known else 0).limit_denominator(MOST_PARTS)
        parts = math.lcm(parts, near.denominator)
        if not known or abs(near - ratio) > TOLERANCE * ratio or parts > MOST_PARTS:
            raise InputError(
                f"data[{entry}]: enters the circuit with scales "
                f"{', '.join(f'{each:g}' for each in sorted(set(scales)))}, which are no multiples "
                "of one number, so that values never repeat and no grid holds them all; use scales "
                "that are"
            )
    return smallest / parts
