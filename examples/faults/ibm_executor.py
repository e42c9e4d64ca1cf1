"""IBM's program `executor` as it travels: circuits, what they are for, and the bits of each shot.

What is sent is read with the models of the client. Where nothing is twirled, as here, circuit and
angles say everything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

Bits = np.ndarray  # [randomizations, circuits, shots, qubits], bool


def digest(params: Any) -> str:
    """The same for the same circuits with the same angles."""
    program = params["quantum_program"]
    ran = [each["samplex_arguments"] for each in program["items"]]
    asked = program["passthrough_data"]["qiskit_mitigation"]
    return hashlib.sha256(json.dumps([ran, asked], sort_keys=True).encode()).hexdigest()


def probabilities(params: Any) -> np.ndarray:
    """Of each circuit, ``[circuits, 2**qubits]``; bit q of the second index is qubit q's."""
    found: np.ndarray = _worker().submit(_probabilities, params).result()
    return found


@cache
def _worker() -> ThreadPoolExecutor:
    """One thread reads programs: read in many that end, they crash the process (qiskit 2.6.2)."""
    return ThreadPoolExecutor(1)


def _probabilities(params: Any) -> np.ndarray:
    from ibm_quantum_schemas.executor.version_2_0 import models
    from qiskit.quantum_info import Statevector
    from qiskit_ibm_runtime.fake_provider.executor.broadcast_sample import broadcast_sample
    from qiskit_ibm_runtime.quantum_program.converters.converters_2_0 import (
        quantum_program_from_2_0,
    )

    program, _ = quantum_program_from_2_0(models.ParamsModel.model_validate(params))
    (item,) = program.items
    item.samplex.finalize()
    sampled = broadcast_sample(
        item.samplex, item.samplex_arguments, item.shape, np.random.default_rng(0)
    )
    bare = item.circuit.remove_final_measurements(inplace=False)
    (rows,) = sampled["parameter_values"]
    return np.array([Statevector(bare.assign_parameters(row)).probabilities() for row in rows])


def exact(params: Any) -> np.ndarray:
    """Expectation values ``[words, rows]``."""
    found = probabilities(params)
    (asked,) = params["quantum_program"]["passthrough_data"]["qiskit_mitigation"]
    (n_rows,) = asked["param_shape"]
    values = np.empty((len(asked["observables"]), n_rows))
    for number, ((row,), basis) in enumerate(asked["param_basis_pairs"]):
        for place, observable in enumerate(asked["observables"]):
            ((word, weight),) = _word(observable).items()
            if all(letter in ("I", of) for letter, of in zip(word, basis, strict=True)):
                values[place, row] = weight * (found[number] @ _signs(word))
    return values


def drawn(params: Any, seed: int) -> Bits:
    """What a machine without noise measures."""
    dice, shots = np.random.default_rng(seed), params["quantum_program"]["shots"]
    found = probabilities(params)
    qubits = found.shape[1].bit_length() - 1
    outcomes = np.array([dice.choice(len(p), shots, p=p / p.sum()) for p in found])
    return (outcomes[None, ..., None] >> np.arange(qubits) & 1).astype(bool)


def result(params: Any, bits: Bits) -> Any:
    """The reply to a job."""
    program = params["quantum_program"]
    return {
        "schema_version": "v2.0",
        "data": [{"results": {"_meas": _packed(bits)}, "metadata": {}}],
        "metadata": {"chunk_timing": []},
        "passthrough_data": program["passthrough_data"],
        "semantic_role": program["semantic_role"],
    }


def edited(raw: bytes, change: Callable[[Bits], Any]) -> bytes:
    """A reply with other bits."""
    from ibm_quantum_schemas.common.tensor import CompressedTensorModel

    document = json.loads(raw)
    (item,) = document["data"]
    bits = CompressedTensorModel.model_validate(item["results"]["_meas"]).to_numpy()
    item["results"]["_meas"] = _packed(change(bits))
    return json.dumps(document).encode()


def _packed(bits: Any) -> Any:
    from ibm_quantum_schemas.common.tensor import CompressedTensorModel

    return CompressedTensorModel.from_numpy(bits).model_dump(mode="json")


def _word(value: Any) -> dict[str, float]:
    while isinstance(value, list):
        (value,) = value
    return {word: float(weight) for word, weight in value.items()}


def _signs(word: str) -> np.ndarray:
    outcomes = np.arange(2 ** len(word))
    parity = np.zeros_like(outcomes)
    for q, letter in enumerate(reversed(word)):
        if letter != "I":
            parity += outcomes >> q & 1
    signs: np.ndarray = 1 - 2 * (parity % 2)
    return signs
