"""What the right values and gradients are: default.qubit in float64."""

from __future__ import annotations

import numpy as np
from peers.catalogue import DEFAULT_QUBIT, entry
from peers.peer import Pass

from timing.case import Case, Inputs

# Largest error over the largest entry (or over 1) at which a peer counts as right. For ours it is
# the promise. Some others keep constants or results in float32 even where float64 is asked for.
PROMISED = {"float32": 1e-5, "float64": 1e-10}
TOLERATED = {"float32": 1e-4, "float64": 1e-6}
_STATES = 500  # that backprop keeps for each row, about; measured at nine and twelve qubits
_MEMORY = 5e8


def reference(case: Case, inputs: Inputs) -> Pass:
    """Values and gradients of a case, some rows at a time so that memory stays small."""
    peer = entry(DEFAULT_QUBIT).load()(case.traced, case.observables, "float64")
    data, weights, cotangent = (array.astype(np.float64) for array in inputs)
    rows = max(1, int(_MEMORY / (_STATES * 16 * 2**case.qubits)))
    parts = [
        peer.step(*map(peer.place, (data[k : k + rows], weights, cotangent[k : k + rows])))
        for k in range(0, len(data), rows)
    ]
    values, from_data, from_weights = zip(*parts, strict=True)
    return Pass(
        np.concatenate([np.asarray(part) for part in values]),
        np.concatenate([np.asarray(part) for part in from_data]),
        np.sum([np.asarray(part) for part in from_weights], axis=0),
    )


def errors(got: Pass, expected: Pass) -> dict[str, float]:
    """Largest error of values and of each gradient, over the largest entry or over 1.

    >>> errors(Pass(np.ones(1), np.ones(1), np.full(1, 9.0)), Pass(*np.array([[1.0], [0.5], [10]])))
    {'values': 0.0, 'data': 0.5, 'weights': 0.1}
    """
    found = {}
    for name, one, other in zip(Pass._fields, got, expected, strict=True):
        scale = max(1.0, float(np.abs(other).max(initial=0.0)))
        wrong = np.abs(np.asarray(one, dtype=np.float64) - other)
        # a maximum that ignored NaN would call it right
        found[name] = (
            float(wrong.max(initial=0.0) / scale) if wrong.shape == other.shape else np.inf
        )
    return found
