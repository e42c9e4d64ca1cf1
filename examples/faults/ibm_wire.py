"""IBM's programs and results as they travel: JSON with typed values in it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zlib
from typing import Any, NamedTuple

import numpy as np


class Pub(NamedTuple):
    """A circuit with its observables and angles.

    Attributes:
        circuit: Qiskit's.
        observables: Pauli strings with coefficients, qubit 0 last.
        angles: ``[rows, parameters]`` in radians, in the order of the circuit's parameters.
    """

    circuit: Any
    observables: list[dict[str, float]]
    angles: np.ndarray


def read(params: Any) -> Pub:
    """The one PUB of an estimator's parameters."""
    from qiskit import qpy

    circuit, observables, angles = params["pubs"][0][:3]
    packed = zlib.decompress(base64.standard_b64decode(circuit["__value__"]))
    (loaded,) = qpy.load(io.BytesIO(packed))
    words = [_word(each) for each in _plain(observables)]
    return Pub(loaded, words, np.atleast_2d(np.asarray(_plain(angles), dtype=float)))


def digest(params: Any) -> str:
    """The same for the same circuit with the same angles."""
    circuit, observables, angles = params["pubs"][0][:3]
    pub = json.dumps([_plain(observables), np.asarray(_plain(angles)).tolist()])
    packed = base64.standard_b64decode(circuit["__value__"])
    head = str(len(zlib.decompress(packed))).encode()  # names inside are not the same each time
    return hashlib.sha256(head + pub.encode()).hexdigest()


def exact(pub: Pub) -> np.ndarray:
    """Expectation values ``[words, rows]``."""
    from qiskit.quantum_info import SparsePauliOp, Statevector

    operators = [SparsePauliOp.from_list(list(word.items())) for word in pub.observables]
    columns = []
    for row in pub.angles:
        state = Statevector(pub.circuit.assign_parameters(row[: pub.circuit.num_parameters]))
        columns.append([state.expectation_value(each).real for each in operators])
    return np.array(columns).T


def result(values: Any, errors: Any, shots: int) -> Any:
    """Of an estimator with one PUB.

    Args:
        values: ``[words, rows]``.
        errors: Standard errors, the same shape.
        shots: Of each circuit and setting.
    """
    fields = {"evs": _array(values), "stds": _array(errors)}
    shape = list(np.shape(values))
    data = {"field_names": list(fields), "shape": shape, "fields": fields}
    metadata = {"shots": shots, "target_precision": shots**-0.5, "circuit_metadata": {}}
    pub = {"data": {"__type__": "DataBin", "__value__": data}, "metadata": metadata}
    whole = {"pub_results": [{"__type__": "PubResult", "__value__": pub}], "metadata": {}}
    return {"__type__": "PrimitiveResult", "__value__": whole}


def _array(values: Any) -> Any:
    return {"__type__": "ndarray", "__value__": np.asarray(values, dtype=float).tolist()}


def _plain(value: Any) -> Any:
    """Lists and numbers out of typed values."""
    if isinstance(value, dict) and "__type__" in value:
        inner = value["__value__"]
        if value["__type__"] == "ndarray" and isinstance(inner, str):
            packed = zlib.decompress(base64.standard_b64decode(inner))
            return np.load(io.BytesIO(packed)).tolist()
        return _plain(inner)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _word(value: Any) -> dict[str, float]:
    while isinstance(value, list):
        (value,) = value
    return {word: float(weight) for word, weight in value.items()}
