"""What people do to a torch module: cast, compile, transform, pickle, pass nothing."""

import copy
import itertools
import pickle

import jaxtyping
import numpy as np
import pennylane as qml
import pytest
import torch

from qfusion_core import (
    CircuitEncoder,
    Device,
    InputError,
    QfusionError,
    Registry,
    open_backend,
)
from support.models import fresh_model

ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32))


def model(*settings, backend="statevector", **choices):
    return fresh_model(ROWS, *settings, backend=backend, **choices).eval()


CASTS = {
    "float": (lambda m: m.float(), 1e-6),
    "double and back": (lambda m: m.double().float(), 1e-6),
    "to": (lambda m: m.to(torch.float32), 1e-6),
    "to the CPU": (lambda m: m.to("cpu"), 1e-6),
    "double": (lambda m: m.double(), 1e-4),
    "half": (lambda m: m.half(), 2e-2),
    "bfloat16": (lambda m: m.bfloat16(), 2e-1),
}


@torch.no_grad()
@pytest.mark.parametrize("quantum", ["hardware-efficient", "sham", "none"])
@pytest.mark.parametrize("cast", CASTS)
def test_a_cast_model_has_the_same_logits(cast, quantum):
    change, allowed = CASTS[cast]
    made = model("preprocess.classical=[quantile-normal]", quantum=quantum)
    wanted = made(*made.preprocess(ROWS))
    changed = change(copy.deepcopy(made))
    for kept, before in zip(changed.transforms.buffers(), made.transforms.buffers(), strict=True):
        assert torch.equal(kept, before)
        assert kept.dtype == before.dtype
    found = changed(*changed.preprocess(ROWS))
    torch.testing.assert_close(found.float(), wanted, rtol=0, atol=allowed)


def test_weights_that_torch_cannot_compute_with_are_named():
    with pytest.raises(InputError, match=r"weights are torch.float8_e4m3fn, .* model\.float\(\)"):
        model().to(torch.float8_e4m3fn).preprocess(ROWS)


@pytest.fixture(autouse=True)
def unchecked():
    """As outside of these tests: nobody looks at types and shapes of arguments before us."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def test_an_array_is_no_tensor():
    with pytest.raises(InputError, match=r"x: expected a torch tensor, got ndarray; .*from_numpy"):
        model().preprocess(ROWS.numpy())


@pytest.mark.parametrize("device", ["lightning", torch.device("cpu"), None])
def test_what_is_no_backend_is_refused(device):
    with pytest.raises(InputError, match=r"device: expected an open backend, got .*open_backend"):
        model().quantum.device = device


# torch looks at every tensor that enters what it compiles
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@pytest.mark.parametrize("backend", ["statevector", "default-qubit"])
def test_a_fresh_model_compiles(backend):
    made = model(backend=backend)
    inputs = made.preprocess(ROWS)
    found = torch.compile(copy.deepcopy(made), backend="eager")(*inputs)
    torch.testing.assert_close(found, made(*inputs))
    fresh = copy.deepcopy(model(backend=backend)).train()
    torch.compile(fresh.quantum, backend="eager")(inputs[1]).square().sum().backward()
    assert fresh.quantum.weights.grad is not None
    torch._dynamo.reset()


@pytest.mark.parametrize("backend", ["statevector", "lightning"])
def test_transforms_of_functions_are_refused_in_words_on_the_first_call(backend):
    made = model(backend=backend)
    x = made.preprocess(ROWS)[1]
    for _ in range(2):
        with pytest.raises(QfusionError, match=r"no torch\.func"):
            torch.func.grad(lambda z: made.quantum(z).sum())(x)
        with pytest.raises(QfusionError, match=r"no torch\.func|no vectorized"):
            torch.func.vmap(lambda z: made.quantum(z[None])[0])(x)
    assert made.quantum(x).isfinite().all()


def test_transforms_of_functions_work_by_backprop_on_the_first_call():
    made = model("quantum.options.standardise=false", backend="default-qubit")
    x = made.preprocess(ROWS)[1]
    found = torch.func.grad(lambda z: made.quantum(z).sum())(x)
    y = x.clone().requires_grad_()
    torch.testing.assert_close(found, torch.autograd.grad(made.quantum(y).sum(), y)[0])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("members", [1, 3])
def test_no_rows_give_no_logits(members, training):
    """Whatever is installed."""
    registry = Registry()
    fusions, encoders = registry.names("fusion"), registry.names("quantum_encoder")
    assert len(fusions) > 1 and len(encoders) > 1
    for fusion, quantum in itertools.product(fusions, [*encoders, "none"]):
        made = model(f"classical.options.members={members}", quantum=quantum, fusion=fusion)
        logits = made.train(training)(*made.preprocess(ROWS[:0]))
        assert logits.shape == (0, 3), (fusion, quantum)


# module level: where pickle looks for the function is where the QNode stands
@qml.qnode(qml.device("default.qubit", wires=2))
def node(inputs, weights):
    qml.AngleEmbedding(inputs, range(2))
    qml.BasicEntanglerLayers(weights, range(2))
    return qml.expval(qml.Z(0))


class Holder:
    @staticmethod
    @qml.qnode(qml.device("default.qubit", wires=["b", "a"]))
    def inside(inputs, first, second):
        qml.AngleEmbedding(inputs, ["a", "b"])
        qml.BasicEntanglerLayers(first, ["b", "a"])
        qml.RX(second, "a")
        return qml.expval(qml.Z("a"))


def plain(inputs, weights):
    qml.AngleEmbedding(inputs, range(2))
    qml.RX(weights[0], 0)
    return qml.expval(qml.Z(0))


@pytest.mark.parametrize(
    ("qnode", "shape"),
    [
        (node, {"weights": (1, 2)}),
        (node, (1, 2)),
        (Holder.inside, {"first": (1, 2), "second": ()}),
        (qml.QNode(plain, qml.device("default.qubit", wires=2)), 1),
    ],
)
def test_an_encoder_of_a_qnode_pickles(qnode, shape, tmp_path):
    made = CircuitEncoder.from_qnode(qnode, n_features=2, weights_shape=shape).eval()
    torch.save(made, tmp_path / "encoder.pt")
    for again in (
        pickle.loads(pickle.dumps(made)),
        torch.load(tmp_path / "encoder.pt", weights_only=False),
        copy.deepcopy(made),
    ):
        x = torch.tensor([[0.3, -1.2]])
        again.device = made.device = open_backend("statevector")
        assert torch.equal(again(x), made(x))
        assert again.traced == made.traced


def test_a_qnode_that_cannot_be_pickled_is_named():
    @qml.qnode(qml.device("default.qubit", wires=1))
    def local(inputs, weights):
        qml.RX(inputs[0] + weights[0], 0)
        return qml.expval(qml.Z(0))

    made = CircuitEncoder.from_qnode(local, n_features=1, weights_shape=(1,))
    with pytest.raises(InputError, match=r"QNode .*local: cannot be pickled .* top of a module"):
        pickle.dumps(made)
    assert copy.deepcopy(made).observables == ("Z",)


class Broken(Device):
    """A plugin's device whose values are not numbers now and then."""

    name = "broken"

    def __init__(self, value, shape=None):
        self.value, self.shape = value, shape

    def expectations(self, circuit, data, weights, observables):
        if self.shape:
            return torch.zeros(*self.shape)
        values = data.sum(1, keepdim=True) * 0 + weights.sum() * 0 + torch.zeros(len(observables))
        values = values.clone()
        values[2, 1] = self.value
        return values


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused_with_device_row_and_observable(value):
    made = model().attach(Broken(value))
    word = made.quantum.observables[1]
    with pytest.raises(
        QfusionError, match=rf"device 'broken': .* {value} for observable {word} in row 2"
    ):
        made(*made.preprocess(ROWS))


def test_values_of_another_shape_are_refused():
    made = model().attach(Broken(0, shape=(1, 3)))
    with pytest.raises(QfusionError, match=r"torch.Tensor of shape \[1, 3\], expected .* \[20, "):
        made(*made.preprocess(ROWS))
