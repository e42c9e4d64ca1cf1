"""Gates fused into layers that alternate between turning single wires and permuting basis states.

Layer 0, 2, 4, ... hold runs: all neighbouring single-wire gates of a wire, which multiply to one
2 x 2 matrix. Layer 1, 3, 5, ... hold gates with one entry in each row of their matrix (CNOT, CZ,
SWAP, and the Paulis and phases between them): however many, one pass over the state.
"""

from __future__ import annotations

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
    layers: list[list[Run | Placed]] = [[]]
    level = [0] * circuit.n_wires  # the last layer that acts on each wire
    waiting: list[list[Placed]] = [[] for _ in range(circuit.n_wires)]

    def put(item: Run | Placed, wires: tuple[int, ...], at: int) -> None:
        layers.extend([] for _ in range(len(layers), at + 1))
        layers[at].append(item)
        for wire in wires:
            level[wire] = at

    def close(wire: int) -> None:
        gates, waiting[wire] = waiting[wire], []
        after_monomial = level[wire] % 2 == 1
        if gates and after_monomial and all(p.gate.name in MONOMIAL for p in gates):
            for placed in gates:
                put(placed, (wire,), level[wire])
        elif gates:
            put(Run(wire, tuple(gates)), (wire,), level[wire] + after_monomial)

    column = 0
    for gate in circuit.gates:
        placed = Placed(gate, column if gate.angle is not None else None)
        column += gate.angle is not None
        if len(gate.wires) == 1:
            waiting[gate.wires[0]].append(placed)
            continue
        for wire in gate.wires:
            close(wire)
        last = max(level[wire] for wire in gate.wires)
        put(placed, gate.wires, last if last % 2 == 1 else last + 1)
    for wire in range(circuit.n_wires):
        close(wire)

    if len(layers) % 2 == 0:
        layers.append([])
    pairs = zip(layers[1::2], layers[2::2], strict=True)
    return Layers(tuple(layers[0]), tuple((tuple(m), tuple(t)) for m, t in pairs))  # type: ignore[arg-type]
