"""tensorcircuit-ng with its torch and its jax backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorcircuit
import torch
from torch import Tensor

from peers.peer import AS_ROTATION, bind
from peers.with_torch import TorchPeer
from qfusion_core import Circuit

_NAMES = {"CNOT": "cnot", "Sdg": "sd", "Tdg": "td"}
_PAULIS = {"I": 0, "X": 1, "Y": 2, "Z": 3}


def configure(backend: str, dtype: str) -> Any:
    """Choose backend and precision for this process; returns the backend."""
    tensorcircuit.set_dtype("complex64" if dtype == "float32" else "complex128")
    return tensorcircuit.set_backend(backend)


def expectation_values(
    circuit: Circuit, observables: Sequence[str], data: Any, weights: Any
) -> list[Any]:
    """Of one sample, ``data [n_data]``: the state is computed once and reused."""
    made = tensorcircuit.Circuit(circuit.n_wires)
    for gate in circuit.gates:
        if gate.angle is not None:
            getattr(made, gate.name.lower())(*gate.wires, theta=bind(gate.angle, data, weights))
        elif gate.name in ("SX", "SXdg"):
            rotation, angle = AS_ROTATION[gate.name]
            getattr(made, rotation.lower())(*gate.wires, theta=angle)
        else:
            getattr(made, _NAMES.get(gate.name, gate.name.lower()))(*gate.wires)
    return [made.expectation_ps(ps=[_PAULIS[letter] for letter in word]) for word in observables]


class TensorCircuitTorch(TorchPeer):
    """torch's vmap over the samples; autograd."""

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        backend = configure("pytorch", dtype)

        def sample(data: Tensor, weights: Tensor) -> Tensor:
            values = expectation_values(circuit, observables, data, weights)
            return torch.stack(values).real

        self._batch = backend.vmap(sample, vectorized_argnums=0)

    def expectations(self, data: Tensor, weights: Tensor) -> Tensor:
        """See `TorchPeer`."""
        return self._batch(data, weights)
