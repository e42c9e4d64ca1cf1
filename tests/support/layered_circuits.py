"""Circuits of layers and entanglers, and words, built from gates: nothing is traced."""

from qfusion_core import Angle, Circuit, Gate, Term

ENTANGLERS = ("none", "linear", "ring", "strong", "brick", "brick-cz")
CLOSED = ("brick-cz",)  # a last CZ commutes with Z: a layer of rotations follows


def layered(n_wires, layers, entangler, *, reupload=False, rotations=("RZ", "RY")):
    """Data in RY, layers of rotations with a weight each, and an entangler after each."""
    gates, weight = [], 0

    def encode():
        gates.extend(
            Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))) for wire in range(n_wires)
        )

    def turn():
        nonlocal weight
        for wire in range(n_wires):
            for name in rotations:
                gates.append(Gate(name, (wire,), Angle((Term("weight", weight, 1.0),))))
                weight += 1

    for layer in range(layers):
        if reupload or not layer:
            encode()
        turn()
        name = "CZ" if entangler == "brick-cz" else "CNOT"
        gates += [Gate(name, pair) for pair in pairs(n_wires, layer, entangler)]
    if entangler in CLOSED:
        turn()
    return Circuit(n_wires, tuple(gates), n_wires, weight)


def pairs(n_wires, layer, entangler):
    line = [(wire, wire + 1) for wire in range(n_wires - 1)]
    if entangler in ("brick", "brick-cz"):
        return line[layer % 2 :: 2]
    if entangler == "strong":
        step = layer % (n_wires - 1) + 1 if n_wires > 1 else 0
        return [(wire, (wire + step) % n_wires) for wire in range(n_wires)] if step else []
    closing = [(n_wires - 1, 0)] if entangler == "ring" and n_wires > 2 else []
    return [] if entangler == "none" else line + closing


def neighbours(n_wires):
    """Z on each wire, ZZ on neighbours."""
    return tuple(
        "".join("Z" if wire in acting else "I" for wire in range(n_wires))
        for acting in [*((w,) for w in range(n_wires)), *((w, w + 1) for w in range(n_wires - 1))]
    )
