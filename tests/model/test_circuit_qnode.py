"""`CircuitEncoder.from_qnode`: an existing QNode, with its own wires and measurements."""

import jaxtyping
import numpy as np
import pennylane as qml
import pytest
import torch

from qfusion_core import CircuitEncoder, InputError, QNodeEncoder


def named(*measurements, wires=("b", "a", 7)):
    @qml.qnode(qml.device("default.qubit", wires=list(wires)))
    def node(inputs, weights):
        qml.AngleEmbedding(inputs, wires=list(wires))
        qml.StronglyEntanglingLayers(weights, wires=list(wires))
        return measurements

    return node


def encoder_of(qnode, **options):
    return CircuitEncoder.from_qnode(
        qnode, **{"n_features": 3, "weights_shape": (2, 3, 3), **options}
    )


def test_values_are_those_of_the_qnode(reference):
    @qml.qnode(qml.device("default.qubit", wires=["b", "a", 7]))
    def node(inputs, weights):
        qml.AngleEmbedding(inputs, wires=["b", "a", 7])
        qml.StronglyEntanglingLayers(weights, wires=["a", 7, "b"])
        return (
            qml.expval(qml.Z("a")),
            qml.expval(qml.X(7) @ qml.Y("b")),
            qml.expval(qml.prod(qml.Z(7), qml.Z("a"), qml.X("b"))),
        )

    encoder = encoder_of(node)
    encoder.device = reference
    assert encoder.observables == ("IZI", "YIX", "XZZ")
    assert encoder.output_shape == (3, 1)
    x = torch.randn(4, 3)
    wanted = torch.stack([torch.stack(list(node(row, encoder.weights))) for row in x])
    assert torch.allclose(encoder(x).squeeze(2), wanted.float(), atol=1e-5)


@pytest.mark.parametrize(
    "entangle",
    [
        lambda w: qml.CNOT(["a", "b"]),
        lambda w: qml.CRX(w[1], wires=["a", "b"]),
        lambda w: qml.ctrl(qml.RY, control="a")(w[1], wires="b"),
        lambda w: qml.adjoint(qml.ctrl(qml.Rot, control="a"))(*w, wires="b"),
        lambda w: qml.adjoint(qml.S)("b"),
        lambda w: qml.ctrl(qml.QFT(wires=["b", 7]), control="a"),
        lambda w: qml.MultiControlledX(wires=["a", "b", 7]),
        lambda w: qml.pow(qml.RX(w[1], wires="b"), 3),
        lambda w: qml.PauliRot(w[1], "XY", wires=["a", "b"]),
    ],
)
def test_each_operation_is_taken_over_once(entangle, reference):
    @qml.qnode(qml.device("default.qubit", wires=["b", "a", 7]))
    def node(inputs, weights):
        qml.AngleEmbedding(inputs, wires=["b", "a", 7])
        entangle(weights)
        return [qml.expval(qml.Z(wire)) for wire in ("b", "a", 7)]

    encoder = encoder_of(node, weights_shape=(3,), weights=torch.tensor([0.4, 0.9, -1.3]))
    encoder.device = reference
    x = torch.tensor([[0.3, 1.1, -0.7]])
    wanted = torch.stack(list(node(x[0], encoder.weights)))
    assert torch.allclose(encoder(x).flatten(), wanted.float(), atol=1e-5)


def test_what_is_no_qnode_is_refused():
    def plain(inputs, weights):
        qml.RX(inputs[0], wires=0)
        return qml.expval(qml.Z(0))

    with pytest.raises(InputError, match=r"expected a function under .* got <function .*plain"):
        encoder_of(plain)


def test_several_weight_arguments_are_named_with_their_shapes(reference):
    @qml.qnode(qml.device("default.qubit", wires=2))
    def node(inputs, rotations, phase, flip=True):
        if flip:
            qml.X(1)
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.BasicEntanglerLayers(rotations, wires=range(2))
        qml.PhaseShift(phase, wires=0)
        return [qml.expval(qml.X(0)), qml.expval(qml.Y(1))]

    weights = torch.linspace(0, 2, 7)
    encoder = encoder_of(
        node, n_features=2, weights_shape={"phase": (), "rotations": (3, 2)}, weights=weights
    )
    encoder.device = reference
    x = torch.randn(1, 2)
    wanted = node(x[0], weights[1:].reshape(3, 2), weights[0])
    assert torch.allclose(encoder(x).flatten(), torch.stack(list(wanted)).float(), atol=1e-5)


def test_a_device_without_wires_counts_integers_in_order():
    @qml.qnode(qml.device("default.qubit"))
    def node(inputs, weights):
        qml.RX(inputs[0], wires=4)
        qml.RY(weights[0], wires=1)
        return qml.expval(qml.Z(4))

    encoder = encoder_of(node, n_features=1, weights_shape=(1,))
    assert encoder.observables == ("IZ",)
    assert [gate.wires for gate in encoder.traced.gates] == [(1,), (0,)]


@pytest.mark.parametrize(
    ("measurement", "text"),
    [
        (lambda: qml.probs(wires=["a"]), r"returns probs\(wires=\['a'\]\); only qml\.expval of a"),
        (lambda: qml.state(), r"returns state\(wires=\[\]\); only qml\.expval of a tensor product"),
        (lambda: qml.var(qml.Z("a")), r"returns var\(Z\('a'\)\); only qml\.expval"),
        (lambda: qml.sample(qml.Z("a")), r"returns sample\(Z\('a'\)\); only qml\.expval"),
        (lambda: qml.expval(2 * qml.Z("a")), "one word, factor 1"),
        (lambda: qml.expval(qml.Z("a") + qml.X("b")), "one word, factor 1"),
        (
            lambda: qml.expval(qml.Hermitian(np.eye(2), "a")),
            r"array\(\[\[1\., 0\.\], \[0\., 1.*only",
        ),
        (lambda: qml.expval(qml.Hadamard("a")), "only qml.expval"),
        (lambda: qml.expval(qml.Z("c")), r"measures wire 'c', its device has \['b', 'a', 7\]"),
        (None, r"QNode node: returns no qml\.expval, so there is nothing to read out"),
    ],
)
def test_other_measurements_are_refused(measurement, text):
    @qml.qnode(qml.device("default.qubit", wires=["b", "a", 7]))
    def node(inputs, weights):
        qml.AngleEmbedding(inputs, wires=["b", "a", 7])
        return measurement() if measurement else None

    with pytest.raises(InputError, match=text):
        encoder_of(node)


def test_arguments_that_do_not_fit_are_named():
    @qml.qnode(qml.device("default.qubit", wires=1))
    def node(inputs, first, second):
        qml.Rot(inputs[0], first, second, wires=0)
        return qml.expval(qml.Z(0))

    for shape, text in [
        (
            {"first": (), "third": ()},
            r"weights_shape names 'third', its arguments are \['inputs', ",
        ),
        (
            {"first": ()},
            r"expected one argument besides the weights \['first'\], .* got \['inputs', ",
        ),
        ((2,), "QNode node: TypeError: .* missing 1 required positional argument: 'second'"),
    ]:
        with pytest.raises(InputError, match=text):
            encoder_of(node, n_features=1, weights_shape=shape)


def test_initial_weights_need_their_shape():
    with pytest.raises(InputError, match=r"weights: expected shape \[2, 3, 3\], got \[3\]"):
        encoder_of(named(), weights=torch.zeros(3))


def test_transforms_would_be_lost_and_are_refused():
    @qml.transforms.cancel_inverses
    @qml.qnode(qml.device("default.qubit", wires=1))
    def node(inputs, weights):
        qml.RX(inputs[0], wires=0)
        return qml.expval(qml.Z(0))

    with pytest.raises(InputError, match="QNode node: carries transforms, which would be lost"):
        encoder_of(node, n_features=1, weights_shape=(0,))


def test_what_the_tracer_refuses_is_refused_with_the_same_words():
    @qml.qnode(qml.device("default.qubit", wires=2))
    def node(inputs, weights):
        qml.RX(inputs[0] * weights[0], wires=0)
        return qml.expval(qml.Z(0))

    encoder = encoder_of(node, n_features=1, weights_shape=(1,))
    with pytest.raises(InputError, match="a product of data and weights; compute it in encode"):
        _ = encoder.traced


@pytest.mark.parametrize(
    ("shape", "vector"),
    [({"w": 3}, [3]), ({"w": (3,)}, [3]), ({"w": np.int64(3)}, [3]), (3, [3]), ((3,), [3])],
)
def test_a_number_is_a_shape(shape, vector):
    @qml.qnode(qml.device("default.qubit", wires=3))
    def node(inputs, w):
        qml.AngleEmbedding(inputs, range(3))
        for wire in range(3):
            qml.RX(w[wire], wire)
        return qml.expval(qml.Z(0))

    encoder = encoder_of(node, weights_shape=shape)
    assert list(encoder.weights.shape) == vector
    assert len(encoder.traced.gates) == 6


def test_one_in_a_mapping_is_a_scalar_as_in_torchlayer():
    @qml.qnode(qml.device("default.qubit", wires=1))
    def node(inputs, w, **rest):
        qml.RX(inputs[0], 0)
        qml.RY(w, 0)
        return qml.expval(qml.Z(0))

    layer = qml.qnn.TorchLayer(node, {"w": 1})
    encoder = encoder_of(node, n_features=1, weights_shape={"w": 1})
    assert layer.qnode_weights["w"].shape == ()
    assert [len(gate.wires) for gate in encoder.traced.gates] == [1, 1]


@pytest.mark.parametrize("shape", [{"w": -1}, {"w": "3"}, {"w": 1.5}, {"w": None}, "w", -3, None])
def test_what_is_no_shape_is_refused(shape):
    @qml.qnode(qml.device("default.qubit", wires=1))
    def node(inputs, w):
        qml.RX(inputs[0], 0)
        return qml.expval(qml.Z(0))

    with pytest.raises(InputError, match=r"weights_shape.*: expected whole numbers from 0, such"):
        encoder_of(node, n_features=1, weights_shape=shape)


@qml.qnode(qml.device("default.qubit", wires=2))
def tilted(inputs, weights):
    qml.AngleEmbedding(inputs, range(2))
    qml.AngleEmbedding(weights, range(2), rotation="Y")
    return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]


@pytest.fixture
def unchecked():
    """As outside of these tests: nobody looks at the types of arguments before us."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.parametrize("layout", [[0, 1], 0, [["a"]], [None]])
def test_a_layout_that_is_no_list_of_tokens_is_refused(layout, unchecked):
    with pytest.raises(InputError, match="layout: expected a list of tokens, each a list of pos"):
        QNodeEncoder(tilted, n_features=2, weights_shape=(2,), layout=layout)


def test_weights_that_are_no_numbers_of_torch_are_refused(unchecked):
    with pytest.raises(InputError, match="weights: expected a tensor of floating-point numbers"):
        QNodeEncoder(
            tilted, n_features=2, weights_shape=(2,), weights=torch.zeros(2, dtype=torch.int64)
        )
