"""What the tracer refuses, and the one line it says."""

import itertools
import math

import numpy as np
import pennylane as qml
import pytest
import torch

from qfusion_core import Circuit, InputError

ENCODE = "compute it in encode(x), in torch, and pass the result as data"
ALIEN = torch.nn.Parameter(torch.ones((), dtype=torch.float64))


def conditional(data, weights):
    outcome = qml.measure(0)
    qml.cond(outcome, qml.RX)(data[0], wires=1)


def branch(data, weights):
    if data[0] > 0.5:
        qml.RX(data[0], wires=0)
    else:
        qml.RY(data[0], wires=0)


def remembering(*gates):
    """A function that does something else each time: nothing in it shows, but the gates do."""
    calls = itertools.cycle(gates)
    return lambda data, weights: [gate(data[0], wires=0) for gate in next(calls)]


class Awkward(qml.operation.Operation):
    num_params = 1

    @staticmethod
    def compute_decomposition(angle, wires):
        raise TypeError("no tensors,\nplease")


REFUSED = {
    "a branch on data": (branch, "branching on the values of data or weights; the circuit must"),
    "a branch on weights": (
        lambda d, w: qml.RX(d[0], wires=0) if w.sum() > 0 else None,
        "branching on the values of data or weights",
    ),
    "a search": (
        lambda d, w: qml.X(0) if 0.0 in d else None,
        "branching on the values of data or weights",
    ),
    "no derivative": (
        lambda d, w: qml.RX(torch.heaviside(d[0], w[0]), wires=0),
        "RX on wires [0]: torch cannot differentiate its angle (",
    ),
    "a division by zero": (
        lambda d, w: qml.RX(d[0] / 0, wires=0),
        "RX on wires [0]: its angle or the angle's derivative is not finite",
    ),
    "another dtype": (
        lambda d, w: qml.RX(torch.stack([torch.zeros(2)[0], d[0].float()])[1], wires=0),
        "a change of dtype of data; make tensors with dtype=data.dtype, or compute it",
    ),
    "a branch by where": (
        lambda d, w: qml.RX(torch.where(d[0] > 0, d[0], w[0]), wires=0),
        "RX on wires [0]: its angle is not affine in data and weights, but where of data and weigh",
    ),
    "qml.cond on data": (
        lambda d, w: qml.cond(d[0] > 0, qml.RX)(d[0], wires=0),
        "branching on the values of data or weights",
    ),
    "other gates each time": (
        remembering([qml.RX], [qml.RY]),
        "its gates differ between inputs (RX on wires [0] for one, RY on wires [0] for another)",
    ),
    "more gates each time": (
        remembering([qml.RX], [qml.RX, qml.RX]),
        "the number of its gates differs between inputs (1 for one, 2 for another); the circuit",
    ),
    "relu": (
        lambda d, w: qml.RX(torch.relu(d[0]), wires=0),
        f"RX on wires [0]: its angle is not affine in data and weights, but relu of data; {ENCODE}",
    ),
    "abs": (lambda d, w: qml.RY(abs(d[0]), wires=0), "but abs of data; " + ENCODE),
    "%": (lambda d, w: qml.RY(d[0] % 6.28, wires=0), "but % of data; " + ENCODE),
    "% of a large number": (
        lambda d, w: qml.RY(w[0] % 500, wires=0),
        "but % of weights; use a weight of its own, or " + ENCODE,
    ),
    "clamp": (lambda d, w: qml.RY(d[0].clamp(-1, 1), wires=0), "but clamp of data"),
    "sin": (lambda d, w: qml.RX(torch.sin(d[0]), wires=0), "but sin of data; " + ENCODE),
    "a square": (lambda d, w: qml.RX(d[0] ** 2, wires=0), "but pow of data"),
    "data times weight": (
        lambda d, w: qml.RX(d[0] * w[0], wires=0),
        "but a product of data and weights; " + ENCODE,
    ),
    "a dot product": (
        lambda d, w: qml.RX(torch.dot(d, w), wires=0),
        "but a product of data and weights",
    ),
    "data times data, in a template": (
        lambda d, w: qml.IQPEmbedding(d, wires=range(2)),
        "IQPEmbedding on wires [0, 1]: its angle is not affine in data and weights, but a product "
        "of data",
    ),
    "weight times weight": (
        lambda d, w: qml.CRX(w[0] * w[1], wires=[0, 1]),
        "CRX on wires [0, 1]: its angle is not affine in data and weights, but a product of "
        f"weights; use a weight of its own, or {ENCODE}",
    ),
    "a quotient": (
        lambda d, w: qml.RX(d[0] / w[0], wires=0),
        "but a quotient of data and weights",
    ),
    "float": (lambda d, w: qml.RX(float(w[0]), wires=0), "float() takes data or weights out of"),
    "item": (lambda d, w: qml.RX(w[0].item(), wires=0), "item() takes data or weights out of"),
    "NumPy": (lambda d, w: qml.RX(np.sin(d[0]), wires=0), "numpy() takes data or weights out of"),
    "math": (lambda d, w: qml.RX(math.sin(d[0]), wires=0), "float() takes data or weights out of"),
    "detach": (
        lambda d, w: qml.RX(w[0].detach(), wires=0),
        "its angle changes with data or weights where torch sees no gradient (detach, ",
    ),
    "random numbers": (
        lambda d, w: qml.RX(torch.rand(()), wires=0),
        "where torch sees no gradient (detach, round, NumPy, random numbers)",
    ),
    "rounding": (lambda d, w: qml.RX(torch.round(d[0]), wires=0), "but round of data"),
    "float32": (lambda d, w: qml.RX(d[0].float(), wires=0), "but a change of dtype of data"),
    "an alien parameter": (
        lambda d, w: qml.RX(ALIEN * 1.0, wires=0),
        "its angle uses a trainable tensor that is neither data nor weights; make it part of",
    ),
    "a measurement": (
        lambda d, w: qml.expval(qml.Z(0)),
        "it measures (expval(Z(0))); leave that to the encoder's observables",
    ),
    "a mid-circuit measurement": (
        lambda d, w: qml.measure(0),
        "MidMeasureMP on wires [0]: mid-circuit measurement, which not every backend has",
    ),
    "a conditional": (conditional, "mid-circuit measurement, which not every backend has"),
    "state preparation": (
        lambda d, w: qml.AmplitudeEmbedding(d, wires=0, normalize=True),
        "AmplitudeEmbedding on wires [0]: state preparation; circuits start from |0...0>, use",
    ),
    "a basis state": (
        lambda d, w: qml.BasisState([1, 0], wires=[0, 1]),
        "BasisState on wires [0, 1]: state preparation",
    ),
    "noise": (
        lambda d, w: qml.DepolarizingChannel(0.1, wires=0),
        "DepolarizingChannel on wires [0]: a noise channel; noise belongs to a backend",
    ),
    "an observable as a gate": (
        lambda d, w: qml.Hermitian(np.eye(2), wires=0),
        "Hermitian on wires [0] (within it: LinearCombination): outside the gate set, and PennyL",
    ),
    "what PennyLane cannot decompose": (
        lambda d, w: Awkward(w[0], wires=0),
        "Awkward on wires [0]: PennyLane cannot decompose Awkward with angles from torch "
        "(TypeError: no tensors, please); write it with rotations",
    ),
    "a wire too many": (
        lambda d, w: qml.RX(w[0], wires=2),
        "RX on wires [2]: wire 2 is not in 0..1; wires are integers from 0",
    ),
    "a named wire": (lambda d, w: qml.RX(w[0], wires="a"), "wire 'a' is not in 0..1; wires are"),
    "an array for an angle": (
        lambda d, w: qml.RX(d, wires=0),
        "RX on wires [0]: an array for an angle; a gate takes one number, such as data[0]",
    ),
    "text for an angle": (lambda d, w: qml.RX("a", wires=0), "RX on wires [0]: angle 'a' is not"),
    "a complex angle": (lambda d, w: qml.RX(1j * w[0], wires=0), "expected a real number for an"),
    "an index too far": (
        lambda d, w: qml.RX(d[5], wires=0),
        "IndexError: index 5 is out of bounds for dimension 0 with size 2 (called with data of "
        "shape [2] and weights of shape [2])",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_one_line(case):
    function, line = REFUSED[case]
    with pytest.raises(InputError) as caught:
        Circuit.trace(function, n_wires=2, n_data=2, weights_shape=(2,))
    text = str(caught.value)
    assert line in text
    assert text.startswith(f"quantum function {function.__qualname__}: ")
    assert "\n" not in text


def test_python_numbers_and_constants_are_no_reason():
    """Refusals are about data and weights: other tensors may be compared and converted."""
    constant = torch.tensor(0.25, dtype=torch.float64)

    def function(data, weights):
        if constant > 0 and len(data) == 2 and data.dtype == torch.float64:
            qml.RX(float(constant) * data[0], wires=0)
        repr(weights)

    circuit = Circuit.trace(function, n_wires=1, n_data=2, weights_shape=())
    assert circuit.draw() == "0: ──RX(0.25*x0)─┤  "
