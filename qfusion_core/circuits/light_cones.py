"""Light cones: the part of a circuit that an expectation value depends on.

Going backward from a Pauli word, a gate that commutes with all that the word has become can be
left out: ``U' O U = O``. What is left is a circuit on few wires where gates reach few neighbours,
however many wires there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import Angle, Gate, Term
from qfusion_core.circuits.reach import Reach, bits, by_largest, reach


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

    Words whose cones lie within a larger one share it. Each cone goes through all gates once.

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
    whole = reach(circuit.n_wires, circuit.gates, words)
    groups = by_largest(whole.wires).values()
    cones = [_cone(circuit, words, whole, members) for members in groups]
    return tuple(cones if cost is None else _joined(circuit, words, whole, cones, cost))


def _cone(
    circuit: Circuit, words: Sequence[str], whole: Reach, members: Sequence[int]
) -> LightCone:
    chosen = union = 0
    for number in members:
        chosen |= 1 << number
        union |= whole.wires[number]
    wires = {wire: number for number, wire in enumerate(bits(union))}
    entries: dict[str, dict[int, int]] = {"data": {}, "weight": {}}

    def renumbered(term: Term) -> Term:
        numbers = entries[term.source]
        return Term(term.source, numbers.setdefault(term.index, len(numbers)), term.scale)

    gates = []
    for gate, acts in zip(circuit.gates, whole.gates, strict=True):
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
    circuit: Circuit, words: Sequence[str], whole: Reach, cones: Iterable[LightCone], cost: Cost
) -> list[LightCone]:
    kept: list[LightCone] = []
    for cone in cones:
        while kept:
            last = kept[-1]
            most = 1 + max(len(last.wires), len(cone.wires))
            if len({*last.wires, *cone.wires}) > most:
                break  # four times the amplitudes for one cone less
            members = sorted((*last.observables, *cone.observables))
            both = _cone(circuit, words, whole, members)
            if cost(both) > cost(last) + cost(cone):
                break
            cone = both
            kept.pop()
        kept.append(cone)
    return kept
