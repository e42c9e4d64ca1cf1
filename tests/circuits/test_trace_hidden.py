"""What neither torch's functions nor the autograd graph show, and the eight points find."""

import itertools
import math
from threading import Thread

import pennylane as qml
import pytest
import torch

from qfusion_core import Circuit, InputError

NO_GRADIENT = "its angle changes with data or weights where torch sees no gradient"
NOT_FINITE = "its angle or the angle's derivative is not finite for some data and weights"
FACTOR = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))


def hidden(call):
    """What a call gives in another thread, where nothing that torch does is seen."""
    given = []
    thread = Thread(target=lambda: given.append(call()))
    thread.start()
    thread.join()
    return given[0]


def is_far(entry, limit=500):
    return hidden(lambda: abs(float(entry.detach())) > limit)


def steeper_far_out(x):
    """The value of x, at all times; beyond 10 with twice its derivative."""
    return x + (x - hidden(x.detach)) if is_far(x, 10) else x * 1.0


def steeper_close_by(x):
    return x * 1.0 if is_far(x, 1) else x + (x - hidden(x.detach))


def hooked(data, weights):
    angle = data[0]
    angle.register_hook(lambda gradient: 2 * gradient)
    qml.RY(weights[1], wires=0)
    qml.RX(angle, wires=0)


def hooked_node(data, weights):
    angle = data[0]
    angle.grad_fn.register_hook(lambda inputs, outputs: tuple(2 * each for each in inputs))
    qml.RX(angle, wires=0)


def no_derivative_far_out(data, weights):
    def fail(gradient):
        raise RuntimeError("not\nhere")

    angle = 2 * data[0]
    if is_far(data[0]):
        angle.register_hook(fail)
    qml.RX(angle, wires=0)


def hooked_far_out(data, weights):
    angle = data[0]
    if is_far(data[0]):
        angle.register_hook(lambda gradient: 2 * gradient)
    qml.RX(angle, wires=0)


def hooked_node_far_out(data, weights):
    angle = data[0]
    if is_far(data[0]):
        angle.grad_fn.register_prehook(lambda outputs: tuple(2 * each for each in outputs))
    qml.RX(angle, wires=0)


def written_behind_torch(data, weights):
    copy = data.clone()
    hidden(lambda: copy.data.copy_(data.detach().flip(0)))
    qml.RX(copy[0], wires=0)


def at_call(number, usual, once):
    """Something else at one of the eight points, whatever data and weights are."""
    calls = itertools.count()

    def function(data, weights):
        (once if next(calls) % 8 == number else usual)(data, weights)

    return function


REFUSED = {
    "a branch in a thread": (
        lambda d, w: (qml.RX if hidden(lambda: bool(d[0] > 0)) else qml.RY)(d[0], wires=0),
        "its gates differ between inputs (RX on wires [0] for one, RY on wires [0] for another)",
    ),
    "a branch on text": (
        lambda d, w: (qml.RX if "-" in repr(d[0]) else qml.RY)(d[0], wires=0),
        "its gates differ between inputs",
    ),
    "a sign": (
        lambda d, w: qml.RX(d[0] * (1 if hidden(lambda: bool(d[0] > 0)) else -1), wires=0),
        NO_GRADIENT,
    ),
    "a number from a thread": (
        lambda d, w: qml.RX(d[0] + hidden(lambda: float(w[0].detach())), wires=0),
        NO_GRADIENT,
    ),
    "a factor from a thread": (
        lambda d, w: qml.RX(d[0] * hidden(lambda: float(w[0].detach())), wires=0),
        NO_GRADIENT,
    ),
    "a derivative that changes, not the value": (
        lambda d, w: qml.RX(steeper_far_out(d[0]), wires=0),
        NO_GRADIENT,
    ),
    "a derivative that is wrong at first": (
        lambda d, w: qml.RX(steeper_close_by(d[0]), wires=0),
        NO_GRADIENT,
    ),
    "such a derivative beside an entry": (
        lambda d, w: [qml.RX(d[0], wires=0), qml.RX(steeper_far_out(d[0]), wires=0)][2:],
        NO_GRADIENT,
    ),
    "a hook on an entry": (hooked, f"RX on wires [0]: {NO_GRADIENT}"),
    "a hook on a node": (hooked_node, NO_GRADIENT),
    "a hook far out": (hooked_far_out, NO_GRADIENT),
    "a hook on a node far out": (hooked_node_far_out, NO_GRADIENT),
    "another entry in its place": (written_behind_torch, NO_GRADIENT),
    "a product far out": (
        lambda d, w: qml.RX(d[0] + (0 * d[0] * d[1] if is_far(d[0]) else 0), wires=0),
        "but a product of data",
    ),
    "another parameter far out": (
        lambda d, w: qml.RX(d[0] + (0 * FACTOR if is_far(d[0]) else 0), wires=0),
        "its angle uses a trainable tensor that is neither data nor weights",
    ),
    "a number far out": (
        lambda d, w: qml.RX(
            hidden(lambda: float(d[0].detach())) if is_far(d[0]) else d[0], wires=0
        ),
        NO_GRADIENT,
    ),
    "another parameter as it is": (
        lambda d, w: [qml.RY(d[0], wires=0), qml.RX(FACTOR, wires=0)][2:],
        "RX on wires [0]: its angle uses a trainable tensor that is neither data nor weights",
    ),
    "no finite number far out": (
        lambda d, w: qml.RX(d[0] * (math.inf if is_far(d[0]) else 1.0), wires=0),
        NOT_FINITE,
    ),
    "an infinite summand far out": (
        lambda d, w: qml.RX(d[0] + (math.inf if is_far(d[0]) else 0.0), wires=0),
        NOT_FINITE,
    ),
    "no derivative far out": (
        no_derivative_far_out,
        "RX on wires [0]: torch cannot differentiate its angle (not here); compute it in encode",
    ),
    "no finite derivative far out": (
        lambda d, w: qml.RX(
            torch.where(torch.tensor(True), d[0], d[0] * (math.inf if is_far(d[0]) else 1)), wires=0
        ),
        NOT_FINITE,
    ),
    "an order of reasons": (
        lambda d, w: [
            qml.RX(d[1] * (math.inf if is_far(d[0]) else 1.0), wires=0),
            qml.RY(d[0] + (0 * d[0] * d[1] if is_far(d[0]) else 0), wires=0),
        ][2:],
        f"RX on wires [0]: {NOT_FINITE}",
    ),
}
ONCE = {
    "another entry": (lambda d, w: qml.RX(d[1], wires=0), NO_GRADIENT),
    "another factor": (lambda d, w: qml.RX(d[0] * (1 + 1e-7), wires=0), NO_GRADIENT),
    "another gate": (lambda d, w: qml.RY(d[0], wires=0), "its gates differ between inputs"),
    "another wire": (lambda d, w: qml.RX(d[0], wires=1), "its gates differ between inputs"),
    "one gate more": (
        lambda d, w: [qml.RX(d[0], wires=0), qml.X(0)][2:],
        "the number of its gates differs between inputs",
    ),
    "an error": (lambda d, w: 1 / 0, "ZeroDivisionError: division by zero"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_hidden_is_found(case):
    function, line = REFUSED[case]
    with pytest.raises(InputError) as caught:
        Circuit.trace(function, n_wires=2, n_data=2, weights_shape=(2,))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("case", ONCE)
def test_each_of_the_points_counts(case, number):
    once, line = ONCE[case]
    function = at_call(number, lambda d, w: qml.RX(d[0], wires=0), once)
    with pytest.raises(InputError) as caught:
        Circuit.trace(function, n_wires=2, n_data=2, weights_shape=(2,))
    assert line in str(caught.value)


def test_a_hook_that_changes_nothing_is_no_reason():
    def function(data, weights):
        angle = data[0]
        angle.register_hook(lambda gradient: gradient.clamp(-1, 1))
        qml.RX(angle, wires=0)

    circuit = Circuit.trace(function, n_wires=1, n_data=1, weights_shape=())
    assert circuit.draw() == "0: ──RX(x0)─┤  "
