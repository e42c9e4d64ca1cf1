"""Light cones: the part of a circuit that an expectation value depends on.

Going backward from a Pauli word, a gate that commutes with all that the word has become can be
left out: ``U' O U = O``. What is left is a circuit on few wires where gates reach few neighbours,
however many wires there are.

For each wire the letters are kept that a word may have there; wires are taken to be independent,
which may keep a gate too many, never one too few. All words go back in one sweep: a set of words
is a bit mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import Angle, Gate, Term

LETTERS = "IXYZ"
# gates on one wire by their axis: that mix the two other letters, swap them, change their signs
MIXING = {"RX": "X", "RY": "Y", "RZ": "Z", "T": "Z", "Tdg": "Z"}
SWAPPING = {"S": "Z", "Sdg": "Z", "SX": "X", "SXdg": "X"}
FLIPPING = {"X": "X", "Y": "Y", "Z": "Z"}


@dataclass(frozen=True)
class LightCone:
    """What some words need of a circuit, as a circuit of its own.

    Wires are renumbered in their order, entries by their first use: cones of one shape have equal
    circuits.

    Attributes:
        circuit: On the wires of the cone.
        wires: Its wires in the whole circuit, ascending.
        data: Its data entries in the whole.
        weights: Its weight entries in the whole.
        words: On its wires.
        observables: Which of the whole's words these are, by position.
    """

    circuit: Circuit
    wires: tuple[int, ...]
    data: tuple[int, ...]
    weights: tuple[int, ...]
    words: tuple[str, ...]
    observables: tuple[int, ...]


Cost = Callable[[LightCone], float]


def light_cones(
    circuit: Circuit, words: Sequence[str], cost: Cost | None = None
) -> tuple[LightCone, ...]:
    """Cut a circuit into the parts that its words need.

    Words whose cones lie within a larger one share it. The time is linear in the gates.

    Args:
        circuit: The whole.
        words: Pauli words, wire 0 first; each is an observable of exactly one cone.
        cost: Of evaluating a cone, in any unit: neighbours that differ by one wire are joined
            where that is cheaper. None joins none.

    Returns:
        Cones in the order of their first wires.

    >>> gates = [Gate("H", (0,)), Gate("CNOT", (0, 1)), Gate("H", (2,))]
    >>> [cone.wires for cone in light_cones(Circuit(3, gates, 0, 0), ["ZII", "IZI", "IIZ"])]
    [(0, 1), (2,)]
    """
    if not words:
        return ()
    reach = _reach(circuit, words)
    largest: list[int] = []
    for wires in sorted(set(reach.wires), key=int.bit_count, reverse=True):
        if not any(wires | other == other for other in largest):
            largest.append(wires)
    largest.sort(key=lambda wires: (wires & -wires, wires))
    groups: dict[int, list[int]] = {wires: [] for wires in largest}
    for number, wires in enumerate(reach.wires):
        groups[next(other for other in largest if wires | other == other)].append(number)
    cones = [_cone(circuit, words, reach, members) for members in groups.values()]
    return tuple(cones if cost is None else _joined(circuit, words, reach, cones, cost))


def widest_cone(circuit: Circuit, words: Sequence[str]) -> int:
    """Wires of the widest cone of some words.

    >>> widest_cone(Circuit(9, [Gate("CZ", (0, 1)), Gate("H", (0,))], 0, 0), ["Z" + "I" * 8])
    2
    """
    return max((wires.bit_count() for wires in _reach(circuit, words).wires), default=0)


class _Reach(NamedTuple):
    """Which words need what.

    Attributes:
        gates: For each gate, the words that it acts on, as a mask.
        wires: For each word, its wires, as a mask: at least one.
    """

    gates: list[int]
    wires: list[int]


def _reach(circuit: Circuit, words: Sequence[str]) -> _Reach:
    letters = [[0, 0, 0, 0] for _ in range(circuit.n_wires)]
    for number, word in enumerate(words):
        for wire, letter in enumerate(word):
            letters[wire][LETTERS.index(letter)] |= 1 << number
    reached = [x | y | z for _, x, y, z in letters]
    gates = [0] * len(circuit.gates)
    for position in range(len(gates) - 1, -1, -1):
        gate = circuit.gates[position]
        on = [letters[wire] for wire in gate.wires]
        acts = _two_wires(gate.name, *on) if len(on) == 2 else _one_wire(gate.name, *on)
        gates[position] = acts
        for wire in gate.wires if acts else ():
            reached[wire] |= acts
    wires = [0] * len(words)
    for wire, members in enumerate(reached):
        for number in _bits(members):
            wires[number] |= 1 << wire
    return _Reach(gates, [mask or 1 for mask in wires])


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
    """Pairs of letters, and what they are before the gate; X is bit 0 of a letter, Z bit 1."""
    bits = (0, 1, 3, 2)  # of I, X, Y, Z
    for p, q in product(range(4), repeat=2):
        a, b = bits[p], bits[q]
        if name == "SWAP":
            a, b = b, a
        elif name == "CNOT":
            a, b = a ^ (b & 2), b ^ (a & 1)
        else:  # CZ
            a, b = a ^ (b & 1) << 1, b ^ (a & 1) << 1
        yield (p, q), (bits.index(a), bits.index(b))


IMAGES = {name: tuple(_images(name)) for name in ("CNOT", "CZ", "SWAP")}


def _bits(mask: int) -> Iterator[int]:
    """Positions of the bits that are set, lowest first."""
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1


def _cone(
    circuit: Circuit, words: Sequence[str], reach: _Reach, members: Sequence[int]
) -> LightCone:
    chosen = union = 0
    for number in members:
        chosen |= 1 << number
        union |= reach.wires[number]
    wires = {wire: number for number, wire in enumerate(_bits(union))}
    entries: dict[str, dict[int, int]] = {"data": {}, "weight": {}}

    def renumbered(term: Term) -> Term:
        numbers = entries[term.source]
        return Term(term.source, numbers.setdefault(term.index, len(numbers)), term.scale)

    gates = []
    for gate, acts in zip(circuit.gates, reach.gates, strict=True):
        if acts & chosen:
            angle = gate.angle
            if angle is not None:
                angle = Angle(tuple(renumbered(term) for term in angle.terms), angle.offset)
            gates.append(Gate(gate.name, tuple(wires[wire] for wire in gate.wires), angle))
    data, weights = entries.values()
    return LightCone(
        Circuit(len(wires), tuple(gates), len(data), len(weights)),
        tuple(wires),
        tuple(data),
        tuple(weights),
        tuple("".join(words[number][wire] for wire in wires) for number in members),
        tuple(members),
    )


def _joined(
    circuit: Circuit, words: Sequence[str], reach: _Reach, cones: Iterable[LightCone], cost: Cost
) -> list[LightCone]:
    kept: list[LightCone] = []
    for cone in cones:
        while kept:
            last = kept[-1]
            most = 1 + max(len(last.wires), len(cone.wires))
            if len({*last.wires, *cone.wires}) > most:
                break  # four times the amplitudes for one cone less
            members = sorted((*last.observables, *cone.observables))
            both = _cone(circuit, words, reach, members)
            if cost(both) > cost(last) + cost(cone):
                break
            cone = both
            kept.pop()
        kept.append(cone)
    return kept
