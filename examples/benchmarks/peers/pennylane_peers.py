"""PennyLane: default.qubit with torch, lightning.qubit, and default.qubit with jax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pennylane as qml
import torch
from torch import Tensor

from peers.peer import bind, letters
from peers.with_torch import TorchPeer
from qfusion_core import Circuit

_ADJOINTS = {"Sdg": qml.S, "Tdg": qml.T, "SXdg": qml.SX}


def queue(circuit: Circuit, data: Sequence[Any], weights: Sequence[Any]) -> None:
    """Queue the circuit's operations; entries are scalars or columns of a batch."""
    for gate in circuit.gates:
        wires = list(gate.wires)
        if gate.angle is not None:
            getattr(qml, gate.name)(bind(gate.angle, data, weights), wires=wires)
        elif gate.name in _ADJOINTS:
            qml.adjoint(_ADJOINTS[gate.name](wires=wires))
        else:
            (qml.Hadamard if gate.name == "H" else getattr(qml, gate.name))(wires=wires)


def measurements(observables: Sequence[str]) -> list[Any]:
    """Expectation values of Pauli words."""
    return [
        qml.expval(qml.prod(*(getattr(qml, letter)(wire) for wire, letter in letters(word))))
        for word in observables
    ]


class DefaultQubit(TorchPeer):
    """default.qubit, backprop through torch, parameters broadcast over the batch.

    It computes in complex128 also where the parameters are float32.
    """

    device: ClassVar[str] = "default.qubit"
    options: ClassVar[dict[str, Any]] = {"diff_method": "backprop"}

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        @qml.qnode(self.open(circuit.n_wires, dtype), interface="torch", **self.options)
        def quantum_function(data: Tensor, weights: Tensor) -> list[Any]:
            queue(circuit, data.unbind(1), weights.unbind(0))
            return measurements(observables)

        self._qnode = quantum_function
        self._dtype = getattr(torch, dtype)

    @classmethod
    def open(cls, n_wires: int, dtype: str) -> Any:
        """The PennyLane device."""
        return qml.device(cls.device, wires=n_wires)

    def expectations(self, data: Tensor, weights: Tensor) -> Tensor:
        """See `TorchPeer`."""
        return torch.stack(self._qnode(data, weights), dim=1).to(self._dtype)


class LightningQubit(DefaultQubit):
    """lightning.qubit: the adjoint method with one vector-Jacobian product for each sample.

    PennyLane hands its values to torch in float32 also where they were computed in float64.
    """

    per_sample = True
    device = "lightning.qubit"
    options: ClassVar[dict[str, Any]] = {"diff_method": "adjoint", "device_vjp": True}

    @classmethod
    def open(cls, n_wires: int, dtype: str) -> Any:
        """The PennyLane device, in single precision where that is asked for."""
        c_dtype = np.complex64 if dtype == "float32" else np.complex128
        return qml.device(cls.device, wires=n_wires, c_dtype=c_dtype)
