"""deepquantum: angles that differ between samples are encoded, by vmap over the batch."""

from __future__ import annotations

from collections.abc import Sequence

import deepquantum
import torch
from torch import Tensor

from peers.peer import AS_ROTATION, bind, letters, per_sample
from peers.with_torch import TorchPeer
from qfusion_core import Circuit


class DeepQuantum(TorchPeer):
    """Angles that all samples share are set on their gates before each run; autograd."""

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        self._circuit = deepquantum.QubitCircuit(circuit.n_wires)
        self._sampled = [g.angle for g in circuit.rotations if per_sample(g.angle)]
        self._shared = []
        for gate in circuit.gates:
            wires = list(gate.wires)
            if gate.angle is not None:
                encode = per_sample(gate.angle)
                getattr(self._circuit, gate.name.lower())(wires[0], inputs=0.0, encode=encode)
                if not encode:
                    self._shared.append((self._circuit.operators[-1], gate.angle))
            elif gate.name in AS_ROTATION:
                rotation, angle = AS_ROTATION[gate.name]
                getattr(self._circuit, rotation.lower())(wires[0], inputs=angle)
            elif gate.name == "SWAP":
                self._circuit.swap(wires)
            else:
                getattr(self._circuit, gate.name.lower())(*wires)
        for word in observables:
            wires, basis = zip(*letters(word), strict=True)
            self._circuit.observable(list(wires), "".join(basis).lower())
        self._circuit.to(getattr(torch, dtype))

    def expectations(self, data: Tensor, weights: Tensor) -> Tensor:
        """See `TorchPeer`."""
        columns, entries = data.unbind(1), weights.unbind(0)
        for gate, angle in self._shared:
            gate.theta = torch.as_tensor(bind(angle, columns, entries), dtype=data.dtype)
        encoded = [bind(angle, columns, entries) for angle in self._sampled]
        self._circuit(torch.stack(encoded, dim=1))
        return self._circuit.expectation()
