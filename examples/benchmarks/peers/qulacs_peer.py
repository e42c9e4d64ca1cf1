"""qulacs: C++, one sample at a time, gradients by its backprop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import qulacs

from peers.peer import Array, Pass, Peer, letters
from qfusion_core import Circuit

_NAMES = {"Sdg": "Sdag", "Tdg": "Tdag", "SX": "sqrtX", "SXdg": "sqrtXdag"}


class Qulacs(Peer):
    """Wires are numbered as they are: only names of basis states differ. Its RX has the sign +i."""

    per_sample = True
    precision = "float64"

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        self._circuit = qulacs.ParametricQuantumCircuit(circuit.n_wires)
        for gate in circuit.gates:
            if gate.angle is not None:
                getattr(self._circuit, f"add_parametric_{gate.name}_gate")(*gate.wires, 0.0)
            else:
                add = getattr(self._circuit, f"add_{_NAMES.get(gate.name, gate.name)}_gate")
                add(*gate.wires)
        self._state = qulacs.QuantumState(circuit.n_wires)
        self._words = [" ".join(f"{x} {wire}" for wire, x in letters(w)) for w in observables]
        self._observables = [self._observable([(1.0, word)]) for word in self._words]
        self._affine = [matrix.numpy() for matrix in circuit.affine]

    def _observable(self, terms: Sequence[tuple[float, str]]) -> qulacs.Observable:
        made = qulacs.Observable(self._circuit.get_qubit_count())
        for factor, word in terms:
            made.add_operator(factor, word)
        return made

    def place(self, array: Array) -> Array:
        """See `Peer`."""
        return array.astype(np.float64)

    def step(self, data: Array, weights: Array, cotangent: Array) -> Pass:
        """See `Peer`: the angles are affine, so the chain rule is one product of matrices."""
        from_data, from_weights, offset = self._affine
        angles = data @ from_data.T + (from_weights @ weights + offset)
        values = np.empty(cotangent.shape)
        gradient = np.empty(angles.shape)
        for row, one in enumerate(angles):
            for index, angle in enumerate(one):
                self._circuit.set_parameter(index, -angle)
            self._state.set_zero_state()
            self._circuit.update_quantum_state(self._state)
            values[row] = [o.get_expectation_value(self._state) for o in self._observables]
            terms = list(zip(cotangent[row].tolist(), self._words, strict=True))
            gradient[row] = self._circuit.backprop(self._observable(terms))
        return Pass(values, -gradient @ from_data, -gradient.sum(0) @ from_weights)
