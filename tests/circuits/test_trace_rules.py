"""Controls, powers, adjoints and exponentials: traced where PennyLane goes through a matrix."""

from itertools import product

import pennylane as qml
import pytest
import torch

from qfusion_core import Circuit, InputError

WIRES = 4
WORDS = ("ZIII", "IZII", "IIZI", "XYZI", "YXXZ", "XIII", "IXIX", "IIYX")
BASES = {
    "RX": lambda w: qml.RX(w[0], wires=2),
    "PhaseShift": lambda w: qml.PhaseShift(w[0], wires=2),
    "U1": lambda w: qml.U1(w[0], wires=2),
    "U2": lambda w: qml.U2(w[0], w[1], wires=2),
    "U3": lambda w: qml.U3(w[0], w[1], w[2], wires=2),
    "Rot": lambda w: qml.Rot(w[0], w[1], w[2], wires=2),
    "CRot": lambda w: qml.CRot(w[0], w[1], w[2], wires=[1, 2]),
    "SingleExcitation": lambda w: qml.SingleExcitation(w[0], wires=[1, 2]),
    "exp": lambda w: qml.exp(qml.X(1) @ qml.Z(2), 1j * w[0]),
    "exp of a multiple": lambda w: qml.exp(2 * qml.X(2), -0.5j * w[0]),
    "exp of a negative": lambda w: qml.exp(-qml.Z(2), -0.5j * w[0]),
    "evolve": lambda w: qml.evolve(0.5 * (qml.X(1) @ qml.Y(2)), w[0]),
    "evolve, commuting": lambda w: qml.evolve(qml.Z(1) + 0.5 * qml.Z(2), w[0]),
    "exp with a weight in its base": lambda w: qml.exp(-0.5j * w[0] * (qml.X(1) @ qml.Z(2))),
    "evolve with a weight in its base": lambda w: qml.evolve(w[0] * qml.X(2), 0.7),
    "Trotter": lambda w: qml.TrotterProduct(
        qml.dot([1.0, 0.5], [qml.X(1) @ qml.X(2), qml.Z(1)]), w[0], n=1, order=1
    ),
    "power": lambda w: qml.pow(qml.RX(w[0], wires=2), 0.5),
    "product": lambda w: qml.prod(qml.RX(w[0], wires=1), qml.RY(w[1], wires=2)),
}
MODIFIERS = {
    "adjoint(ctrl(pow 2))": lambda op: qml.adjoint(qml.ctrl(qml.pow(op, 2), 0)),
    "ctrl, two values": lambda op: qml.ctrl(op, [0, 3], control_values=[1, 0]),
    "adjoint(ctrl)": lambda op: qml.adjoint(qml.ctrl(op, 0)),
    "ctrl(adjoint)": lambda op: qml.ctrl(qml.adjoint(op), 0, control_values=0),
    "ctrl(pow 2)": lambda op: qml.ctrl(qml.pow(op, 2), 0),
    "pow -1": lambda op: qml.pow(op, -1),
    "pow(ctrl)": lambda op: qml.pow(qml.ctrl(op, 0), 3),
}
# PennyLane has no differentiable matrix of a half power
SAME = BASES | {"power": lambda w: qml.RX(w[0] / 2, wires=2)}
HALVES = ("RX", "PhaseShift", "U1", "exp", "evolve")


def function_of(make, modifier):
    """Where a dropped phase or sign would show."""

    def function(data, weights):
        for wire in range(WIRES):
            qml.RY(data[wire], wires=wire)
        modifier(make(weights))
        for wire in range(WIRES):
            qml.RX(0.3 + 0.1 * wire, wires=wire)

    return function


def values_and_gradients(queue):
    data = torch.linspace(-1.1, 2.3, WIRES, dtype=torch.float64)
    weights = torch.tensor([0.4, 1.9, -0.8], dtype=torch.float64, requires_grad=True)

    @qml.qnode(qml.device("default.qubit", wires=WIRES), diff_method="backprop")
    def node():
        queue(data, weights)
        return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in WORDS]

    found = torch.stack([torch.as_tensor(value) for value in node()])
    upstream = torch.linspace(-1, 2, len(WORDS), dtype=torch.float64)
    return found.detach(), torch.autograd.grad(found, weights, upstream)[0]


@pytest.mark.parametrize(
    ("base", "modifier"),
    [
        *((base, "adjoint(ctrl(pow 2))") for base in BASES),
        *(("U3", modifier) for modifier in MODIFIERS),
        *(
            pytest.param(*pair, marks=pytest.mark.soak)
            for pair in product(BASES, MODIFIERS)
            if pair != ("Trotter", "pow -1")  # has no matrix
        ),
    ],
)
def test_values_and_gradients_are_those_of_the_matrix(base, modifier):
    traced_as(
        function_of(BASES[base], MODIFIERS[modifier]), function_of(SAME[base], MODIFIERS[modifier])
    )


def traced_as(function, same):
    circuit = Circuit.trace(function, n_wires=WIRES, n_data=WIRES, weights_shape=(3,))
    wanted, by_matrix = values_and_gradients(matrices(same))
    found, gradient = values_and_gradients(circuit.to_pennylane)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)
    torch.testing.assert_close(gradient, by_matrix, rtol=0, atol=1e-10)


def matrices(function):
    """The function with each operation as its own matrix: no decomposition has a say."""

    def queue(data, weights):
        tape = qml.tape.make_qscript(function)(data, weights)
        for op in tape.operations:
            qml.QubitUnitary(qml.matrix(op, wire_order=op.wires), wires=op.wires)

    return queue


@pytest.mark.parametrize("base", HALVES)
def test_half_powers_of_rotations(base):
    traced_as(
        function_of(BASES[base], lambda op: qml.ctrl(qml.pow(op, 0.5), 0)),
        function_of(lambda w: BASES[base](w / 2), lambda op: qml.ctrl(op, 0)),
    )


@pytest.mark.parametrize("factor", [2, -1, 0.5])
def test_an_exponential_of_a_multiple_has_its_angle(factor):
    circuit = Circuit.trace(
        lambda d, w: qml.exp(factor * qml.Z(0), -0.5j * w[0]),
        n_wires=1,
        n_data=1,
        weights_shape=(1,),
    )
    (gate,) = circuit.gates
    assert (gate.name, gate.angle.terms[0].scale) == ("RZ", factor)


REFUSED = {
    "a half power of several angles": lambda d, w: qml.ctrl(
        qml.pow(qml.U3(w[0], w[1], w[2], wires=1), 0.5), 0
    ),
    "an exponential that is no rotation": lambda d, w: qml.exp(qml.X(0), w[0]),
    "what grows": lambda d, w: qml.evolve(2 * (qml.Z(0) @ qml.Z(1)), 1j * w[0]),
    "what grows, controlled": lambda d, w: qml.ctrl(qml.evolve(qml.Z(0), 1j * w[0]), 1),
    "a base that is not Hermitian": lambda d, w: qml.pow(qml.exp(1j * qml.Z(0), -0.5j * w[0]), 2),
    "a weight in the base and one as the time": lambda d, w: qml.evolve(w[0] * qml.X(0), w[1]),
    "words that do not commute": lambda d, w: qml.evolve(qml.X(0) + qml.Z(0), w[0]),
    "a power of the weights": lambda d, w: qml.ctrl(qml.pow(qml.RX(w[0], wires=1), w[1]), 0),
    "a matrix of the weights": lambda d, w: qml.QubitUnitary(
        torch.linalg.matrix_exp(1j * w[0] * torch.tensor([[0, 1], [1, 0]])), wires=0
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_rest_is_refused_with_one_line(case):
    with pytest.raises(InputError) as caught:
        Circuit.trace(REFUSED[case], n_wires=2, n_data=1, weights_shape=(3,))
    text = str(caught.value)
    assert "\n" not in text
    assert "rotations" in text or "write it with" in text or "encode(x)" in text
