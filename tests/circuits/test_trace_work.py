"""How much work tracing is: so many calls, backward passes and derivatives for each gate.

Counted, since time is no test: what Python calls, in Python and in C.
"""

import sys
from collections import Counter

import pennylane as qml
import pytest
import torch

from qfusion_core import Circuit, CircuitEncoder
from qfusion_core.circuits.tracing.recorded_point import RecordedPoint

POINTS = 8


def rotations(n):
    def function(data, weights):
        qml.AngleEmbedding(data, wires=range(n), rotation="Y")
        for wire in range(n):
            qml.RZ(weights[wire, 0], wires=wire)
            qml.RY(weights[wire, 1], wires=wire)
        for wire in range(0, n - 1, 2):
            qml.CNOT(wires=(wire, wire + 1))

    return function, (n, 2)


def layers(n):
    def function(data, weights):
        qml.AngleEmbedding(data, wires=range(n))
        qml.StronglyEntanglingLayers(weights, wires=range(n))

    return function, (1, n, 3)


def sums(n):
    def function(data, weights):
        for wire in range(n):
            qml.RX(0.5 * data[wire] - weights[wire, 0] + 0.1, wires=wire)
            qml.CRY(weights[wire, 1], wires=[wire, (wire + 1) % n])

    return function, (n, 2)


def traced(make, n):
    function, shape = make(n)
    return Circuit.trace(function, n_wires=n, n_data=n, weights_shape=shape)


def calls_of(work):
    """How many functions a piece of work calls."""
    counted = Counter()

    def count(frame, event, argument):
        counted[event] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted["call"] + counted["c_call"]


def grows_with(work, small=8):
    """Calls of the second half over those of the first, as the size doubles twice."""
    work(small)  # what is imported or compiled once is no work of a size
    one, two, four = (calls_of(lambda n=n: work(n)) for n in (small, 2 * small, 4 * small))
    return (four - two) / (two - one)


@pytest.mark.parametrize("make", [rotations, layers, sums])
def test_calls_grow_with_the_gates(make):
    assert grows_with(lambda n: traced(make, n)) == pytest.approx(2, rel=0.02)


def test_calls_of_a_qnode_grow_with_its_gates_and_measurements():
    def work(n):
        function, shape = rotations(n)

        @qml.qnode(qml.device("default.qubit", wires=n))
        def node(inputs, weights):
            function(inputs, weights)
            return [qml.expval(qml.Z(wire)) for wire in range(n) for _ in range(8)]

        return CircuitEncoder.from_qnode(node, n_features=n, weights_shape=shape).traced

    assert grows_with(work) == pytest.approx(2, rel=0.05)


WORK = {
    "digest": lambda circuit: Circuit(**circuit.__getstate__()).digest(),
    "hash": lambda circuit: hash(Circuit(**circuit.__getstate__())),
    "equality": lambda circuit: circuit == Circuit(**circuit.__getstate__()),
    "repr": repr,
    "by_angles": lambda circuit: circuit.by_angles(),
    "affine": lambda circuit: Circuit(**circuit.__getstate__()).affine,
    "depth": lambda circuit: circuit.depth,
    "queue": lambda circuit: circuit.queue(torch.zeros(circuit.n_angles)),
    "draw": lambda circuit: circuit.draw(),
}


@pytest.mark.parametrize("name", WORK)
def test_calls_of_what_is_done_with_a_circuit_grow_with_its_gates(name):
    circuits = {n: traced(rotations, n) for n in (8, 16, 32)}
    assert grows_with(lambda n: WORK[name](circuits[n])) == pytest.approx(2, rel=0.1)


@pytest.fixture
def passes(monkeypatch):
    """Numbers that were differentiated."""
    counted = []
    backward = RecordedPoint._backward

    def count(self, number):
        counted.append(number)
        return backward(self, number)

    monkeypatch.setattr(RecordedPoint, "_backward", count)
    return counted


@pytest.mark.parametrize("make", [rotations, layers])
@pytest.mark.parametrize("n", [4, 32])
def test_angles_that_are_entries_take_one_backward_pass_together(passes, make, n):
    circuit = traced(make, n)
    assert circuit.n_angles >= 3 * n
    assert len(passes) == 1


@pytest.mark.parametrize("n", [4, 32])
def test_other_angles_take_one_each_and_one_together_at_each_other_point(passes, n):
    circuit = traced(sums, n)
    assert circuit.n_angles == 3 * n
    assert len(passes) == circuit.n_angles + POINTS - 1
