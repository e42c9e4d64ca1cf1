"""What a quantum function must not run, return or change, and the one line that says so."""

import functools

import numpy as np
import pennylane as qml
import pytest
import torch

from qfusion_core import Circuit, CircuitEncoder, InputError, Options

FROM_QNODE = "turn the whole QNode into an encoder with CircuitEncoder.from_qnode"


@qml.qnode(qml.device("default.qubit", wires=2))
def node(inputs, weights):
    qml.AngleEmbedding(inputs, range(2))
    qml.BasicEntanglerLayers(weights, range(2))
    return qml.expval(qml.Z(0))


@qml.qnode(qml.device("default.qubit", wires=2))
def bell():
    qml.H(0)
    qml.CNOT([0, 1])
    return qml.expval(qml.Z(0))


LAYER = qml.qnn.TorchLayer(node, {"weights": (1, 2)})


def caught(data, weights):
    qml.RX(data[0], wires=0)
    try:
        bell()
    except Exception:
        pass


def generator(data, weights):
    for wire in range(2):
        yield qml.RX(data[wire], wires=wire)


async def coroutine(data, weights):
    qml.RX(data[0], wires=0)


def unqueued_measurement(data, weights):
    qml.RX(data[0], wires=0)
    with qml.QueuingManager.stop_recording():
        return [qml.expval(qml.Z(0))]


def in_place(data, weights):
    with torch.no_grad():
        data.mul_(2)
    qml.RX(data[0], wires=0)


def in_place_of_a_part(data, weights):
    shifted = data + 1
    shifted.data.clamp_(-1e5, 1e5)
    qml.RX(shifted[0], wires=0)


def memory(data, weights):
    np.asarray(data.detach())[0] = 0.5
    qml.RX(data[0], wires=0)


REFUSED = {
    "a QNode": (
        node,
        f"it runs the QNode node, whose gates do not become part of it; {FROM_QNODE}",
    ),
    "a partial QNode": (functools.partial(node), "it runs the QNode node"),
    "a TorchLayer": (LAYER, "it runs the QNode node"),
    "a QNode inside": (lambda d, w: node(d, w), "it runs the QNode node"),
    "a QNode beside gates": (
        lambda d, w: [qml.RX(d[0], wires=0), node(d, w)][0],
        "it runs the QNode node",
    ),
    "a QNode without arguments": (
        lambda d, w: [bell(), qml.RX(d[0], wires=0)][1],
        "it runs the QNode bell",
    ),
    "a QNode whose refusal is caught": (caught, "it runs the QNode bell"),
    "a TorchLayer inside": (
        lambda d, w: [qml.RX(d[0], wires=0), LAYER(d)][0],
        "it runs the QNode node",
    ),
    "a generator": (generator, "it returns a generator, which nothing runs"),
    "a coroutine": (coroutine, "it returns a coroutine, which nothing runs"),
    "a map": (
        lambda d, w: map(lambda wire: qml.RX(d[wire], wires=wire), range(2)),
        "it returns a map, which nothing runs",
    ),
    "nothing at all": (lambda d, w: None, "it queues no operation"),
    "a function that is not called": (
        lambda d, w: qml.adjoint(lambda: qml.RX(d[0], wires=0)),
        "it queues no operation",
    ),
    "values": (lambda d, w: [qml.RX(d[0], wires=0), w][1], "it returns values (Tensor)"),
    "an array": (lambda d, w: [qml.RX(d[0], wires=0), np.ones(1)], "it returns values (ndarray)"),
    "a measurement that is not queued": (unqueued_measurement, "it measures (expval(Z(0)))"),
    "data in place": (in_place, "it changes data or weights in place, where no gradient follows"),
    "a part of the data in place": (in_place_of_a_part, "it changes data or weights in place"),
    "the memory of the data": (memory, "numpy() takes data or weights out of torch"),
    "a wide clamp": (
        lambda d, w: qml.RX(torch.clamp(d[0], -1e5, 1e5), wires=0),
        "RX on wires [0]: its angle is not affine in data and weights, but clamp of data",
    ),
    "a hinge far out": (
        lambda d, w: qml.RX(torch.relu(d[0] + 1e9), wires=0),
        "but relu of data",
    ),
    "a choice far out": (
        lambda d, w: qml.RX(torch.where(d[0] > 1e6, 0 * d[0], d[0]), wires=0),
        "but where of data",
    ),
    "a mask far out": (
        lambda d, w: qml.RX(w[0, 0] * (d[0] < 1e6), wires=0),
        "but a choice by the values of weights",
    ),
    "a constant by comparison": (
        lambda d, w: qml.RX((d[0] > 1e6).double(), wires=0),
        "its angle changes with data or weights where torch sees no gradient",
    ),
    "an index by the data": (
        lambda d, w: qml.RX(w[0][(d > 1e6).long()][0], wires=0),
        "but index of weights",
    ),
    "a division that rounds": (
        lambda d, w: qml.RX(torch.div(d[0], 1e9, rounding_mode="trunc"), wires=0),
        "but division with rounding of data",
    ),
    "arcsin": (
        lambda d, w: qml.RX(torch.arcsin(d[0]), wires=0),
        "but asin of data; compute it in encode(x)",
    ),
    "random layers without a seed": (
        lambda d, w: qml.RandomLayers(w, wires=range(2), seed=None),
        "if it draws random numbers, fix their seed",
    ),
    "a template that prepares a state": (
        lambda d, w: qml.GateFabric(
            torch.zeros(1, 1, 2), wires=range(4), init_state=torch.tensor([1, 1, 0, 0])
        ),
        "GateFabric on wires [0, 1, 2, 3] (within it: BasisEmbedding): state preparation",
    ),
    "a transform inside": (
        lambda d, w: qml.compile(lambda: [qml.RX(d[0], wires=0), qml.RX(w[0, 0], wires=0)])(),
        " in PennyLane's ",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_one_line(case):
    function, line = REFUSED[case]
    with pytest.raises(InputError) as caught:
        Circuit.trace(function, n_wires=4, n_data=2, weights_shape=(1, 2))
    text = str(caught.value)
    assert text.startswith("quantum function ")
    assert line in text
    assert "\n" not in text


def test_an_encoder_that_runs_a_qnode_names_the_way(reference):
    class Wrapped(CircuitEncoder):
        def circuit(self, data, weights):
            qml.RX(data[0], wires=0)
            return node(data, weights)

    encoder = Wrapped(
        Options(), n_features=2, n_wires=2, weights=torch.zeros(1, 2), observables=("ZI",)
    )
    encoder.device = reference
    with pytest.raises(InputError, match=FROM_QNODE):
        encoder(torch.zeros(1, 2))
    assert torch.isfinite(torch.as_tensor(bell()))  # QNodes run again after a trace


def test_a_qnode_inside_a_qnode_is_refused_when_it_is_taken_apart():
    @qml.qnode(qml.device("default.qubit", wires=2))
    def outer(inputs, weights):
        qml.RX(inputs[0], wires=0)
        bell()
        return qml.expval(qml.Z(0))

    with pytest.raises(InputError, match="QNode outer: it runs the QNode bell"):
        CircuitEncoder.from_qnode(outer, n_features=2, weights_shape=(1, 2))


def linear(data, weights):
    """Everything here is affine, however it is written."""
    buffer = torch.zeros(2, dtype=data.dtype)
    buffer[0] = 2 * data[0]
    buffer[1] = weights[0, 1]
    buffer += 1
    mixed = torch.addmv(data, torch.ones(2, 2, dtype=data.dtype), weights[0])
    padded = torch.nn.functional.pad(data, (1, 0))
    chosen = torch.where(torch.tensor(True), data[1], data[0])
    qml.RX(buffer[0], wires=0)
    qml.RY(buffer[1], wires=1)
    qml.RX(mixed[0], wires=0)
    qml.RX(padded[1] + torch.zeros_like(data)[0] + data.new_ones(1)[0], wires=1)
    qml.RZ(chosen, wires=0)
    qml.RY(data[0] ** 1, wires=0)
    qml.RX((data[0].to(torch.complex128) * 1j).imag, wires=1)
    qml.RY(torch.einsum("i,i->", data, torch.tensor([1.0, -1.0], dtype=data.dtype)), wires=1)


def test_affine_angles_pass_however_they_are_written():
    circuit = Circuit.trace(linear, n_wires=2, n_data=2, weights_shape=(1, 2))
    data = torch.tensor([0.3, -1.1], dtype=torch.float64)
    weights = torch.tensor([[0.7, 2.1]], dtype=torch.float64)

    @qml.qnode(qml.device("default.qubit", wires=2))
    def run(queue):
        queue(data, weights)
        return [qml.expval(qml.Z(0) @ qml.X(1)), qml.expval(qml.Y(0)), qml.expval(qml.Y(1))]

    wanted = torch.stack([torch.as_tensor(value) for value in run(linear)])
    found = torch.stack([torch.as_tensor(value) for value in run(circuit.to_pennylane)])
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


def test_a_tape_inside_gives_its_operations():
    def function(data, weights):
        with qml.tape.QuantumTape():
            qml.RX(data[0], wires=0)
        qml.RY(weights[0], wires=0)

    circuit = Circuit.trace(function, n_wires=1, n_data=1, weights_shape=(1,))
    assert circuit.draw() == "0: ──RX(x0)──RY(w0)─┤  "


def test_whole_numbers_of_numpy_are_numbers():
    def function(data, weights):
        qml.RX(data[0] + weights[0], wires=0)

    plain = Circuit.trace(function, n_wires=1, n_data=1, weights_shape=(3,))
    numpy = Circuit.trace(
        function, n_wires=np.int64(1), n_data=np.int64(1), weights_shape=np.array([3])
    )
    assert numpy == plain
    assert numpy.digest() == plain.digest()
    assert Circuit.trace(function, n_wires=1, n_data=1, weights_shape=3) == plain


@pytest.mark.parametrize("shape", [(-1,), 1.5, "3", (2.0,), True, None])
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(InputError, match="weights_shape: expected whole numbers from 0"):
        Circuit.trace(lambda d, w: qml.RX(d[0], wires=0), n_wires=1, n_data=1, weights_shape=shape)
