"""How far Pauli words reach: which gates of a circuit act on them, going backward.

For each wire the letters are kept that a word may have there; wires are taken to be independent,
which may keep a gate too many, never one too few. All words go back in one sweep: a set of words
is a bit mask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from qfusion_core.circuits.gates import Gate

LETTERS = "IXYZ"
BITS = (0, 1, 3, 2)  # of each letter: X is bit 0, Z is bit 1
# gates on one wire by their axis: that mix the two other letters, swap them, change their signs
MIXING = {"RX": "X", "RY": "Y", "RZ": "Z", "T": "Z", "Tdg": "Z"}
SWAPPING = {"S": "Z", "Sdg": "Z", "SX": "X", "SXdg": "X"}
FLIPPING = {"X": "X", "Y": "Y", "Z": "Z"}


class Reach(NamedTuple):
    """Which words need what.

    Attributes:
        gates: For each gate, the words that it acts on, as a mask.
        wires: For each word, its wires, as a mask: at least one.
    """

    gates: list[int]
    wires: list[int]


def reach(n_wires: int, gates: Sequence[Gate], words: Sequence[str]) -> Reach:
    """Take words back through a circuit.

    Args:
        n_wires: Of the circuit.
        gates: Of the circuit.
        words: Pauli words that fit, wire 0 first.
    """
    letters = [[(1 << len(words)) - 1, 0, 0, 0] for _ in range(n_wires)]
    for number, text in enumerate(words):
        for wire, letter in enumerate(text):
            if letter != "I":  # as nearly all are
                letters[wire][0] ^= 1 << number
                letters[wire][LETTERS.index(letter)] |= 1 << number
    reached = [x | y | z for _, x, y, z in letters]
    acting = [0] * len(gates)
    for position in range(len(gates) - 1, -1, -1):
        gate = gates[position]
        on = [letters[wire] for wire in gate.wires]
        acts = _two_wires(gate.name, *on) if len(on) == 2 else _one_wire(gate.name, *on)
        acting[position] = acts
        for wire in gate.wires if acts else ():
            reached[wire] |= acts
    wires = [0] * len(words)
    for wire, members in enumerate(reached):
        for number in bits(members):
            wires[number] |= 1 << wire
    least = min(1, n_wires)  # a cone has a wire, even that of a word without letters
    return Reach(acting, [mask or least for mask in wires])


def reach_of_channels(operands: Sequence[Iterable[int]], starts: Sequence[Iterable[int]]) -> Reach:
    """The same where nothing commutes with anything, as with noise of any kind on the qubits.

    Args:
        operands: Qubits of each gate, in the order in which they act.
        starts: Qubits of each word's letters.

    >>> reach_of_channels([(0, 1), (1, 2), (3, 4)], [[2], [4]])
    Reach(gates=[1, 1, 2], wires=[7, 24])
    """
    places = [tuple(on) for on in operands]
    seen = dict.fromkeys((qubit for on in places for qubit in on), 0)
    for number, start in enumerate(starts):
        for qubit in start:
            seen[qubit] = seen.get(qubit, 0) | 1 << number
    acting = [0] * len(places)
    for position in range(len(places) - 1, -1, -1):
        for qubit in places[position]:
            acting[position] |= seen[qubit]
        for qubit in places[position]:
            seen[qubit] |= acting[position]
    wires = [0] * len(starts)
    for qubit, members in seen.items():
        for number in bits(members):
            wires[number] |= 1 << qubit
    return Reach(acting, wires)


def by_largest(cones: Sequence[int]) -> dict[int, list[int]]:
    """The cones, masks of wires, that lie in no other one, and which of all lie in each.

    In the order of their first wires; each position stands once.

    >>> by_largest([0b001, 0b011, 0b100])
    {3: [0, 1], 4: [2]}
    """
    largest: list[int] = []
    for wires in sorted(set(cones), key=int.bit_count, reverse=True):
        if not any(wires | other == other for other in largest):
            largest.append(wires)
    largest.sort(key=lambda wires: (wires & -wires, wires))
    members: dict[int, list[int]] = {wires: [] for wires in largest}
    for position, wires in enumerate(cones):
        members[next(other for other in largest if wires | other == other)].append(position)
    return members


def said_of_width(n_wires: int, gates: Sequence[Gate], words: Sequence[str] | None = None) -> str:
    """How wide a circuit is, and how wide its widest light cone, which decides for a simulator.

    Args:
        n_wires: Of the circuit.
        gates: Of the circuit.
        words: That are measured; None: ZZ of neighbouring qubits, which is then said.

    >>> said_of_width(9, [Gate("CZ", (0, 1)), Gate("H", (0,))], ["Z" + "I" * 8])
    '9 qubits, widest cone 2'
    """
    measured = words
    if measured is None:
        pairs = ["I" * w + "ZZ" + "I" * (n_wires - w - 2) for w in range(n_wires - 1)]
        measured = pairs or ["Z" * n_wires]
    widest = max((mask.bit_count() for mask in reach(n_wires, gates, measured).wires), default=0)
    of = " of neighbouring ZZ" if words is None else ""
    return f"{n_wires} qubit{'s' * (n_wires != 1)}, widest cone{of} {widest}"


def _one_wire(name: str, letters: list[int]) -> int:
    """The words that a gate acts on, from the words by letter, which become those before it."""
    _, x, y, z = letters
    if name == "H":
        letters[1], letters[3] = z, x
        return x | y | z
    axis = MIXING.get(name) or SWAPPING.get(name) or FLIPPING[name]
    one, other = (LETTERS.index(letter) for letter in "XYZ" if letter != axis)
    acts = letters[one] | letters[other]
    if name in MIXING:
        letters[one] = letters[other] = acts
    elif name in SWAPPING:
        letters[one], letters[other] = letters[other], letters[one]
    return acts


def _two_wires(name: str, first: list[int], second: list[int]) -> int:
    """Like `_one_wire`, of a gate on two."""
    if not any((*first[1:], *second[1:])):
        return 0
    acts, before = 0, (tuple(first), tuple(second))
    first[:] = second[:] = [0, 0, 0, 0]
    for (p, q), (r, s) in IMAGES[name]:
        both = before[0][p] & before[1][q]
        if both:
            first[r] |= both
            second[s] |= both
            if (p, q) != (r, s):  # a pair of letters that stays keeps its sign, too
                acts |= both
    return acts


def _images(name: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of letters, and what they are before the gate."""
    for p, q in product(range(4), repeat=2):
        a, b = BITS[p], BITS[q]
        if name == "SWAP":
            a, b = b, a
        elif name == "CNOT":
            a, b = a ^ (b & 2), b ^ (a & 1)
        else:  # CZ
            a, b = a ^ (b & 1) << 1, b ^ (a & 1) << 1
        yield (p, q), (BITS.index(a), BITS.index(b))


IMAGES = {name: tuple(_images(name)) for name in ("CNOT", "CZ", "SWAP")}


def bits(mask: int) -> Iterator[int]:
    """Positions of the bits that are set, lowest first."""
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1
