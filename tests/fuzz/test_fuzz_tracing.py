"""Quantum functions that nobody would write: a circuit whose values are right, or one line."""

import random

import numpy as np
import pennylane as qml
import torch

from qfusion_core import Circuit, QfusionError

WIRES = 3
WORDS = ("ZII", "XYZ", "IXY")
ANGLES = (
    lambda d, w: d[0],
    lambda d, w: 2 * d[1] - w[0] + 0.3,
    lambda d, w: -w[1] / 3,
    lambda d, w: torch.stack([d[0], w[0]]).sum(),
    lambda d, w: 0.7,
    lambda d, w: np.float64(-1.1),
    lambda d, w: w[0] * 1.0,
    lambda d, w: d[0] * w[0],
    lambda d, w: torch.clamp(d[0], -1e5, 1e5),
    lambda d, w: torch.sin(w[1]),
    lambda d, w: d[0].detach(),
    lambda d, w: d[0].item(),
    lambda d, w: (d[0] > 0) * w[0],
    lambda d, w: "a",
    lambda d, w: None,
    lambda d, w: d,
    lambda d, w: 1j * w[0],
    lambda d, w: d[0] / 0,
    lambda d, w: d[0].float(),
    lambda d, w: d[7],
)
GATES = {
    "RX": (1, 1), "RY": (1, 1), "RZ": (1, 1), "PhaseShift": (1, 1), "U1": (1, 1), "U2": (2, 1),
    "U3": (3, 1), "Rot": (3, 1), "CRX": (1, 2), "CRot": (3, 2), "IsingXY": (1, 2),
    "ControlledPhaseShift": (1, 2), "SingleExcitation": (1, 2), "PSWAP": (1, 2), "MultiRZ": (1, 2),
    "Hadamard": (0, 1), "S": (0, 1), "SX": (0, 1), "CNOT": (0, 2), "CSWAP": (0, 3), "ISWAP": (0, 2),
}  # fmt: skip
MODIFIERS = (
    lambda op, free: qml.adjoint(op),
    lambda op, free: qml.ctrl(op, free[0]) if free else op,
    lambda op, free: qml.ctrl(op, free[0], control_values=0) if free else op,
    lambda op, free: qml.pow(op, 2),
    lambda op, free: qml.pow(op, -1),
    lambda op, free: qml.pow(op, 0.5),
)


def queue(seed, data, weights, length=3):
    """A few random operations, the same for each seed; mostly sound."""
    draw = random.Random(seed)
    for _ in range(draw.randint(0, length)):
        wires = draw.sample(range(WIRES), WIRES)
        if draw.random() < 0.15:
            word = qml.prod(*(draw.choice([qml.X, qml.Y, qml.Z])(wire) for wire in wires[:2]))
            factor = draw.choice([1, 1, 2, -0.5])
            base = word if factor == 1 else factor * word
            angle = _angle(draw, data, weights)
            op = qml.evolve(base, angle) if draw.random() < 0.5 else qml.exp(base, -0.5j * angle)
            used = 2
        else:
            name = draw.choice(list(GATES))
            count, used = GATES[name]
            angles = [_angle(draw, data, weights) for _ in range(count)]
            op = getattr(qml, name)(*angles, wires=wires[:used])
        free = wires[used:]
        for _ in range(draw.choice([0, 0, 1, 1, 2])):
            op = draw.choice(MODIFIERS)(op, free)
            free = [wire for wire in free if wire not in op.wires]


def _angle(draw, data, weights):
    sound = draw.random() < 0.9
    return draw.choice(ANGLES[:7] if sound else ANGLES)(data, weights)


def by_matrices(seed, data, weights):
    """Values without PennyLane's decompositions, or None where an operation has no matrix."""
    tape = qml.tape.make_qscript(lambda: queue(seed, data, weights))()
    state = torch.zeros(2**WIRES, dtype=torch.complex128)
    state[0] = 1
    for op in tape.operations:
        try:
            matrix = qml.matrix(op, wire_order=range(WIRES))
        except Exception:
            return None
        state = torch.as_tensor(matrix).to(state.dtype) @ state
    words = (
        qml.matrix(qml.pauli.string_to_pauli_word(word), wire_order=range(WIRES)) for word in WORDS
    )
    return torch.stack(
        [(state.conj() @ torch.as_tensor(word, dtype=state.dtype) @ state).real for word in words]
    )


def check(seed):
    """Whether it was traced."""
    try:
        circuit = Circuit.trace(
            lambda d, w: queue(seed, d, w), n_wires=WIRES, n_data=2, weights_shape=(2,)
        )
    except QfusionError as error:
        assert "\n" not in str(error), seed
        return False
    # small angles: a half power of a matrix is that of an angle below half a turn
    data = torch.tensor([0.3, -0.2], dtype=torch.float64)
    weights = torch.tensor([0.4, -0.5], dtype=torch.float64)
    wanted = by_matrices(seed, data, weights)
    if wanted is not None:

        @qml.qnode(qml.device("default.qubit", wires=WIRES))
        def node():
            circuit.to_pennylane(data, weights)
            return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in WORDS]

        found = torch.stack([torch.as_tensor(value) for value in node()])
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-9, msg=f"seed {seed}")
    return True


def test_a_traced_function_is_right_or_refused_in_one_line(rounds):
    traced = [check(seed) for seed, _ in rounds(25)]
    assert 0 < sum(traced) < len(traced)
