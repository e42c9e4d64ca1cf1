"""pyqtorch: gates as torch modules, the batch on the last axis."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import pyqtorch
import torch
from torch import Tensor

from peers.peer import AS_ROTATION, bind, letters
from peers.with_torch import TorchPeer, complex_dtype
from qfusion_core import Circuit, Gate

# torch says of every module of complex numbers, such as a gate, that they are new in modules
warnings.filterwarnings("ignore", message="Complex modules are a new feature")


class PyQTorch(TorchPeer):
    """One run of the circuit, then every observable on its final state; autograd."""

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        complex_ = complex_dtype(dtype)
        gates = [_gate(gate, str(position)) for position, gate in enumerate(circuit.gates)]
        self._circuit = pyqtorch.QuantumCircuit(circuit.n_wires, gates).to(dtype=complex_)
        self._angles = {str(k): g.angle for k, g in enumerate(circuit.gates) if g.angle}
        self._observables = [
            pyqtorch.Observable(
                pyqtorch.Sequence([getattr(pyqtorch, letter)(wire) for wire, letter in letters(w)])
            ).to(dtype=complex_)
            for w in observables
        ]

    def expectations(self, data: Tensor, weights: Tensor) -> Tensor:
        """See `TorchPeer`."""
        columns, entries = data.unbind(1), weights.unbind(0)
        values = {
            name: torch.as_tensor(bind(angle, columns, entries), dtype=data.dtype)
            for name, angle in self._angles.items()
        }
        state = self._circuit.run(self._circuit.init_state(len(data)), values)
        return torch.stack([one.expectation(state) for one in self._observables], dim=1)


def _gate(gate: Gate, name: str) -> torch.nn.Module:
    if gate.angle is not None:
        return getattr(pyqtorch, gate.name)(*gate.wires, param_name=name)
    if gate.name in AS_ROTATION:
        rotation, angle = AS_ROTATION[gate.name]
        return getattr(pyqtorch, rotation)(*gate.wires, param_name=angle)
    return getattr(pyqtorch, gate.name)(*gate.wires)
