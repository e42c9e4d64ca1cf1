"""The law of the tracer: a traced circuit is the function it was traced from, for PennyLane itself
and for a black box, in values and in gradients."""

import pennylane as qml
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qfusion_core import Circuit

TOLERANCE = {"atol": 1e-9, "rtol": 0}
ONE_WIRE = {"RX": 1, "RY": 1, "RZ": 1, "PhaseShift": 1, "U1": 1, "U2": 2, "U3": 3, "Rot": 3}
TWO_WIRES = {
    "CRX": 1, "CRY": 1, "CRZ": 1, "CRot": 3, "IsingXX": 1, "IsingYY": 1, "IsingZZ": 1,
    "IsingXY": 1, "ControlledPhaseShift": 1, "SingleExcitation": 1,
}  # fmt: skip
FIXED = {
    1: ["Hadamard", "PauliX", "PauliY", "PauliZ", "S", "T", "SX"],
    2: ["CNOT", "CZ", "SWAP", "CY", "CH", "ISWAP"],
    3: ["Toffoli", "CSWAP", "CCZ"],
}
TEMPLATES = ["AngleEmbedding", "StronglyEntanglingLayers", "BasicEntanglerLayers"]


def shape(n_wires):
    return (2, n_wires, 3)


@st.composite
def steps(draw, n_wires):
    """One step of a program: name, wires, affine expressions for its angles, modifier."""
    kind = draw(st.sampled_from(["rotation", "rotation", "fixed", "template"]))
    if kind == "template":
        return draw(st.sampled_from(TEMPLATES)), None, draw(st.sampled_from("XYZ")), None
    if kind == "fixed":
        size = draw(st.integers(1, min(n_wires, 3)))
        name, count = draw(st.sampled_from(FIXED[size])), 0
    else:
        size = draw(st.integers(1, min(n_wires, 2)))
        name, count = draw(st.sampled_from(list({1: ONE_WIRE, 2: TWO_WIRES}[size].items())))
    wires = draw(st.permutations(range(n_wires)))[:size]
    entry = st.tuples(
        st.sampled_from(["data", "weight"]),
        st.integers(0, 6 * n_wires - 1),
        st.sampled_from([1.0, -1.0, 0.5, 2.0, 1 / 3]),
    )
    angle = st.tuples(st.lists(entry, max_size=3), st.sampled_from([0.0, 0.25, 3.141592653589793]))
    angles = draw(st.lists(angle, min_size=count, max_size=count))
    return name, wires, angles, draw(st.sampled_from([None, None, "adjoint"]))


@st.composite
def programs(draw):
    n_wires = draw(st.integers(1, 4))
    return n_wires, draw(st.lists(steps(n_wires), min_size=1, max_size=6))


def run(program, data, weights):
    """Queue a program, as an author would write it."""
    n_wires, listed = program
    sources = {"data": data, "weight": weights.flatten()}
    for name, wires, angles, modifier in listed:
        if name == "AngleEmbedding":
            qml.AngleEmbedding(data, wires=range(n_wires), rotation=angles)
        elif name == "StronglyEntanglingLayers":
            qml.StronglyEntanglingLayers(weights, wires=range(n_wires))
        elif name == "BasicEntanglerLayers":
            qml.BasicEntanglerLayers(weights[:, :, 1], wires=range(n_wires))
        else:
            values = [
                sum((s * sources[o][i % len(sources[o])] for o, i, s in terms), start=offset)
                for terms, offset in angles
            ]
            if len(values) > 1:  # default.qubit does not mix floats and tensors in one operation
                values = [torch.as_tensor(value, dtype=torch.float64) for value in values]
            operation = getattr(qml, name)
            if modifier:
                operation = qml.adjoint(operation)
            operation(*values, wires=wires)


def values(n_wires, words, queue):
    @qml.qnode(qml.device("default.qubit", wires=n_wires), diff_method="backprop")
    def node():
        queue()
        return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words]

    return torch.stack([torch.as_tensor(value) for value in node()])


def gradients(found, *inputs):
    if not found.requires_grad:
        return [torch.zeros_like(each) for each in inputs]
    upstream = torch.linspace(-1, 2, found.numel(), dtype=found.dtype).reshape(found.shape)
    return torch.autograd.grad(found, inputs, upstream, materialize_grads=True)


@given(program=programs(), seed=st.integers(0, 2**16))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_traced_circuit_is_the_function(reference, program, seed):
    n_wires, _ = program
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, n_wires, generator=generator, dtype=torch.float64, requires_grad=True)
    w = torch.randn(shape(n_wires), generator=generator, dtype=torch.float64, requires_grad=True)
    words = ["Z" * n_wires, "XYZX"[:n_wires], "Y" + "I" * (n_wires - 1)]

    circuit = Circuit.trace(
        lambda data, weights: run(program, data, weights),
        n_wires=n_wires, n_data=n_wires, weights_shape=shape(n_wires),
    )  # fmt: skip
    assert {gate.name for gate in circuit.gates} <= {*"RX RY RZ H X Y Z S Sdg T Tdg SX".split(),
        "SXdg", "CNOT", "CZ", "SWAP"}  # fmt: skip

    wanted = torch.stack(
        [values(n_wires, words, lambda row=row: run(program, row, w)) for row in x]
    )
    by_row = torch.stack(
        [values(n_wires, words, lambda row=row: circuit.to_pennylane(row, w)) for row in x]
    )
    black_box = reference.expectations(circuit, x, w.flatten(), words)
    expected = gradients(wanted, x, w)
    for found in (by_row, black_box):
        assert torch.allclose(found, wanted, **TOLERANCE)
        for a, b in zip(gradients(found, x, w), expected, strict=True):
            assert torch.allclose(a, b, **TOLERANCE)

    broadcast = values(n_wires, words, lambda: circuit.to_pennylane(x, w))
    if circuit.n_angles:
        assert torch.allclose(broadcast.T, wanted, **TOLERANCE)


@given(program=programs())
@settings(max_examples=15, deadline=None)
def test_tracing_again_and_tracing_the_traced_give_the_same_digest(program):
    n_wires, _ = program
    size = {"n_wires": n_wires, "n_data": n_wires, "weights_shape": shape(n_wires)}
    once = Circuit.trace(lambda data, weights: run(program, data, weights), **size)
    again = Circuit.trace(lambda data, weights: run(program, data, weights), **size)
    back = Circuit.trace(once.to_pennylane, **size)
    assert once == again == back
    assert once.digest() == again.digest() == back.digest()
    assert hash(once) == hash(back)


CONTROLLED = {
    "ctrl(GlobalPhase)": lambda d, w: qml.ctrl(qml.GlobalPhase(w[0]), 0),
    "ctrl(PhaseShift)": lambda d, w: qml.ctrl(qml.PhaseShift(w[0], wires=1), 0),
    "ctrl(RZ) on 0": lambda d, w: qml.ctrl(qml.RZ(d[0], 2), [0, 1], control_values=[0, 1]),
    "ctrl(U3)": lambda d, w: qml.ctrl(qml.U3(*w, wires=2), [0, 1], control_values=[1, 0]),
    "ctrl(U2)": lambda d, w: qml.ctrl(qml.U2(w[0], w[1], wires=1), 2),
    "ctrl(layer)": lambda d, w: qml.ctrl(
        qml.BasicEntanglerLayers, control=0)(w[None, :2], wires=[1, 2]),
    "MultiRZ": lambda d, w: qml.MultiRZ(w[0], [0, 1, 2]),
    "PauliRot": lambda d, w: qml.PauliRot(d[0], "XYZ", [2, 0, 1]),
    "QFT": lambda d, w: qml.QFT([0, 1, 2]),
    "evolve": lambda d, w: qml.evolve(qml.Z(0) @ qml.Z(1), w[0]),
    "Trotter": lambda d, w: qml.TrotterProduct(
        qml.dot([1.0, 0.5], [qml.X(0) @ qml.X(1), qml.Z(0)]), w[0], n=2, order=2),
    "QAOA": lambda d, w: qml.QAOAEmbedding(d, w.repeat(2)[None, :6], wires=range(3)),
    "U with numbers": lambda d, w: qml.QubitUnitary(qml.Rot.compute_matrix(0.1, 0.2, 0.3), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CONTROLLED)
def test_phases_stay_right_under_control(name):
    """On a state where a dropped controlled phase would show."""

    def function(data, weights):
        for wire in range(3):
            qml.RY(data[wire], wires=wire)
        CONTROLLED[name](data, weights)
        for wire in range(3):
            qml.RX(weights[wire], wires=wire)

    words = ["ZII", "IZI", "IIZ", "XYZ", "YXX", "XII", "IXI"]
    circuit = Circuit.trace(function, n_wires=3, n_data=3, weights_shape=(3,))
    data = torch.tensor([0.7, -1.1, 2.3], dtype=torch.float64)
    weights = torch.tensor([0.4, 1.9, -0.8], dtype=torch.float64)
    wanted = values(3, words, lambda: function(data, weights))
    found = values(3, words, lambda: circuit.to_pennylane(data, weights))
    assert torch.allclose(found, wanted, **TOLERANCE)
