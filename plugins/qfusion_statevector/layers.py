"""Gates fused into layers that alternate between turning single wires and permuting basis states.

Layer 0, 2, 4, ... hold runs: all neighbouring single-wire gates of a wire, which multiply to one
2 x 2 matrix. Layer 1, 3, 5, ... hold gates with one entry in each row of their matrix (CNOT, CZ,
SWAP, and the Paulis and phases between them): however many, one pass over the state.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from qfusion_core import Circuit, Gate

MONOMIAL = frozenset({"X", "Y", "Z", "S", "Sdg", "T", "Tdg", "RZ", "CNOT", "CZ", "SWAP"})


@dataclass(frozen=True)
class Placed:
    """A gate and, if it is a rotation, the column of `Circuit.angles` that turns it."""

    gate: Gate
    column: int | None

    @property
    def per_sample(self) -> bool:
        """Whether the angle depends on the data, so that each sample has its own."""
        angle = self.gate.angle
        return angle is not None and any(term.source == "data" for term in angle.terms)


@dataclass(frozen=True)
class Run:
    """Neighbouring single-wire gates on one wire, first gate first."""

    wire: int
    gates: tuple[Placed, ...]

    @property
    def per_sample(self) -> bool:
        """Whether each sample has its own matrix."""
        return any(placed.per_sample for placed in self.gates)


@dataclass(frozen=True)
class Layers:
    """A fused circuit.

    Attributes:
        start: The runs that act on ``|0...0>``: their product is a product state.
        rest: Pairs of a monomial layer and the runs that follow it.
    """

    start: tuple[Run, ...]
    rest: tuple[tuple[tuple[Placed, ...], tuple[Run, ...]], ...]


def fuse(circuit: Circuit) -> Layers:
    """Put each gate into the earliest layer that the gates before it on its wires allow."""
    runs: dict[int, list[Run]] = defaultdict(list)  # layers 0, 2, 4, ... by half their number
    monomials: dict[int, list[Placed]] = defaultdict(list)  # layers 1, 3, 5, ...
    last = [0] * circuit.n_wires  # the last layer that acts on each wire
    waiting: list[list[Placed]] = [[] for _ in last]

    def close(wire: int) -> None:
        gates, waiting[wire] = waiting[wire], []
        after_monomial = last[wire] % 2 == 1
        if after_monomial and all(placed.gate.name in MONOMIAL for placed in gates):
            monomials[last[wire] // 2] += gates
        elif gates:
            last[wire] += after_monomial
            runs[last[wire] // 2].append(Run(wire, tuple(gates)))

    column = 0
    for gate in circuit.gates:
        placed = Placed(gate, column if gate.angle is not None else None)
        column += gate.angle is not None
        if len(gate.wires) == 1:
            waiting[gate.wires[0]].append(placed)
            continue
        for wire in gate.wires:
            close(wire)
        layer = max(last[wire] for wire in gate.wires) | 1  # the next odd number, or this one
        monomials[layer // 2].append(placed)
        for wire in gate.wires:
            last[wire] = layer
    for wire in range(circuit.n_wires):
        close(wire)

    depth = (max(last) + 1) // 2
    rest = tuple((tuple(monomials[i]), tuple(runs[i + 1])) for i in range(depth))
    return Layers(tuple(runs[0]), rest)
