"""The circuits that are timed, traced from PennyLane quantum functions."""

from __future__ import annotations

import random
from math import pi

import pennylane as qml
from torch import Tensor

from qfusion_core import Angle, Circuit, Gate, Term
from qfusion_core.circuits.gates import FIXED, ROTATIONS

CIRCUITS = ("ring", "strong", "random")


def circuit_of(name: str, qubits: int, layers: int) -> Circuit:
    """One of `CIRCUITS`, with as many features as qubits."""
    if name == "random":
        return random_circuit(qubits, layers)
    function, per_wire = {"ring": (ring, 2), "strong": (strong, 3)}[name]
    return Circuit.trace(
        function, n_wires=qubits, n_data=qubits, weights_shape=(layers, qubits, per_wire)
    )


def ring(data: Tensor, weights: Tensor) -> None:
    """RY(x_i) once, then layers of RY and RZ on each wire and a ring of CNOTs."""
    wires = range(len(data))
    qml.AngleEmbedding(data, wires=wires, rotation="Y")
    for layer in weights:
        for wire in wires:
            qml.RY(layer[wire, 0], wires=wire)
            qml.RZ(layer[wire, 1], wires=wire)
        for wire in wires:
            qml.CNOT(wires=[wire, (wire + 1) % len(wires)])


def strong(data: Tensor, weights: Tensor) -> None:
    """Re-uploading: RY(x_i) before each of PennyLane's strongly entangling layers."""
    wires = range(len(data))
    for number, layer in enumerate(weights):
        qml.AngleEmbedding(data, wires=wires, rotation="Y")
        distance = number % (len(wires) - 1) + 1  # as the template chooses it for all its layers
        qml.StronglyEntanglingLayers(layer[None], wires=wires, ranges=[distance])


def random_circuit(qubits: int, layers: int, seed: int = 0) -> Circuit:
    """Gates of the whole set on random wires, as many as `ring` has.

    Half of them rotations, a quarter on two wires. A third of the angles are those of a feature, a
    third of a weight, and a third mix both with a scale and an offset.
    """
    draw = random.Random(f"{seed} {qubits} {layers}")
    n_weights = 2 * qubits * layers
    groups = (sorted(ROTATIONS), *(sorted(n for n, w in FIXED.items() if w == k) for k in (1, 2)))
    gates = []
    for _ in range(qubits + 3 * qubits * layers):
        (names,) = draw.choices(groups, weights=(2, 1, 1))
        name = draw.choice(names)
        wires = draw.sample(range(qubits), FIXED.get(name, 1))
        angle = None
        if name in ROTATIONS:
            feature = Term("data", draw.randrange(qubits), 1.0)
            weight = Term("weight", draw.randrange(n_weights), 1.0)
            mixed = Angle((Term("data", feature.index, draw.uniform(-2, 2)), weight), pi / 5)
            angle = draw.choice([Angle((feature,)), Angle((weight,)), mixed])
        gates.append(Gate(name, tuple(wires), angle))
    return Circuit(qubits, tuple(gates), n_data=qubits, n_weights=n_weights)
