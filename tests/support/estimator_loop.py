"""What EstimatorQNN of qiskit-machine-learning asks an estimator for, and a training loop of it."""

import json
import math
import sys
from pathlib import Path

import numpy as np

WORDS = ("ZI", "IZ")
ROWS = np.array([[0.3, 1.1], [-0.7, 0.4]])


def network():
    """A circuit of two inputs, which come first among its parameters, and two weights."""
    from qiskit.circuit import ParameterVector, QuantumCircuit

    inputs, weights = ParameterVector("a", 2), ParameterVector("b", 2)
    circuit = QuantumCircuit(2)
    for qubit in range(2):
        circuit.ry(inputs[qubit], qubit)
    circuit.cx(0, 1)
    for qubit in range(2):
        circuit.rx(weights[qubit], qubit)
    return circuit


def forward(estimator, circuit, rows, precision=None):
    """A PUB for each observable: values ``[rows, words]``."""
    pubs = [(circuit, word, rows) for word in WORDS]
    results = estimator.run(pubs, precision=precision).result()
    return np.stack([result.data.evs for result in results], axis=1)


def backward(estimator, circuit, rows, columns):
    """A PUB for each observable, row and shifted angle: gradients ``[rows, words, columns]``."""
    shifts = math.pi / 2 * np.eye(rows.shape[1])[columns]
    pubs = [
        (circuit, word, row + sign * shift)
        for word in WORDS
        for row in rows
        for sign in (1, -1)
        for shift in shifts
    ]
    values = [float(result.data.evs) for result in estimator.run(pubs).result()]
    plus, minus = np.moveaxis(np.reshape(values, (len(WORDS), len(rows), 2, len(columns))), 2, 0)
    return np.swapaxes(plus - minus, 0, 1) / 2


def main():
    """In the child: ``BACKEND RUN STEPS OUT``; gradient descent on two weights, two jobs a step."""
    import qfusion_core
    from qfusion_core.remote.options import RemoteOptions
    from qfusion_ibm import QfusionEstimator

    RemoteOptions.margin_seconds = -math.inf  # no test waits for minutes
    backend, run, steps, out = sys.argv[1:]
    circuit, weights = network(), np.array([0.5, -0.2])
    with qfusion_core.measurement("training", run, approve=True) as measurement:
        estimator = QfusionEstimator(backend, run=measurement)
        for _ in range(int(steps)):
            rows = np.hstack([ROWS, np.tile(weights, (len(ROWS), 1))])
            values = forward(estimator, circuit, rows)
            slopes = backward(estimator, circuit, rows, [2, 3])
            weights = weights - 0.1 * np.einsum("rw,rwc->c", values, slopes)
    Path(out).write_text(json.dumps(weights.tolist()))
