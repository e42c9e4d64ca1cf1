"""Circuits of the benchmark, gate by gate: to trace a hundred qubits takes longer than to run."""

from __future__ import annotations

from qfusion_core import Angle, Circuit, Gate, Term

ENTANGLERS = ("brick", "brick-cz", "ring")


def circuit(entangler: str, n_wires: int, layers: int) -> Circuit:
    """RY(x_i); layers of RZ and RY with a weight each, and an entangler after each.

    ``brick`` has CNOTs on the pairs (0, 1), (2, 3), ... of even layers and (1, 2), (3, 4), ... of
    odd ones; ``brick-cz`` has CZ there, and a closing layer of rotations, since a last CZ commutes
    with what is measured; ``ring`` has CNOTs all around.
    """
    gates = [_turn("RY", wire, "data", wire) for wire in range(n_wires)]
    weight = 0

    def turn() -> None:
        nonlocal weight
        for wire in range(n_wires):
            for name in ("RZ", "RY"):
                gates.append(_turn(name, wire, "weight", weight))
                weight += 1

    for layer in range(layers):
        turn()
        line = [(wire, wire + 1) for wire in range(n_wires - 1)]
        pairs = [*line, (n_wires - 1, 0)] if entangler == "ring" else line[layer % 2 :: 2]
        gates += [Gate("CZ" if entangler == "brick-cz" else "CNOT", pair) for pair in pairs]
    if entangler == "brick-cz":
        turn()
    return Circuit(n_wires, tuple(gates), n_wires, weight)


def words(n_wires: int) -> tuple[str, ...]:
    """Z on each wire, ZZ on neighbours."""
    acting: list[tuple[int, ...]] = [(wire,) for wire in range(n_wires)]
    acting += [(wire, wire + 1) for wire in range(n_wires - 1)]
    return tuple("".join("Z" if w in some else "I" for w in range(n_wires)) for some in acting)


def _turn(name: str, wire: int, source: str, index: int) -> Gate:
    return Gate(name, (wire,), Angle((Term(source, index, 1.0),)))  # type: ignore[arg-type]
