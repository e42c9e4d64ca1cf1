"""Threads that trace at once, while others run circuits: what PennyLane records is one list."""

import sys
from threading import Barrier, Thread

import pennylane as qml
import pytest
import torch

from qfusion_core import Circuit, open_backend, pauli_words

THREADS = 6


@pytest.fixture
def impatient():
    """Threads that take turns after 10 microseconds."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def function(data, weights):
    qml.AngleEmbedding(data, wires=range(3))
    qml.StronglyEntanglingLayers(weights, wires=range(3))


def traced():
    return Circuit.trace(function, n_wires=3, n_data=3, weights_shape=(2, 3, 3))


def at_once(call):
    """What a call gives in each of the threads, which start together."""
    start, given = Barrier(THREADS), []

    def run(number):
        start.wait()
        try:
            given.append(call(number))
        except Exception as error:
            given.append(error)

    # daemons: one that dies in PennyLane's lock would keep the others, and the tests, for ever
    threads = [Thread(target=run, args=[number], daemon=True) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(given) == THREADS, given
    return given


def test_threads_that_trace_at_once_get_one_circuit(impatient):
    assert {*at_once(lambda number: traced())} == {traced()}


@pytest.mark.parametrize("backend", ["lightning", "statevector", "sampled"])
def test_a_circuit_is_traced_while_others_are_run(impatient, backend):
    circuit = traced()
    device, words = open_backend(backend), pauli_words("z", 3)
    data, weights = torch.rand(4, 3), torch.rand(18)

    def call(number):
        if number % 2:
            return traced()
        for _ in range(5):
            values = device.expectations(circuit, data, weights, words)
        return values.shape

    assert {*at_once(call)} == {circuit, torch.Size((4, 3))}
