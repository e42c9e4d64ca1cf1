"""PennyLane's default.qubit compiled by jax."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import jax
import pennylane as qml

from peers.pennylane_peers import measurements, queue
from peers.with_jax import JaxPeer
from qfusion_core import Circuit

# PennyLane asks for complex128 where jax keeps to single precision, which is what is timed here
warnings.filterwarnings("ignore", message="Explicitly requested dtype complex128")


class PennyLaneJax(JaxPeer):
    """default.qubit, one sample vectorised by vmap, compiled by jit."""

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        super().__init__(circuit, observables, dtype)

        @qml.qnode(
            qml.device("default.qubit", wires=circuit.n_wires),
            interface="jax",
            diff_method="backprop",
        )
        def quantum_function(data: Any, weights: Any) -> list[Any]:
            queue(circuit, data, weights)
            return measurements(observables)

        self._qnode = quantum_function

    def sample(self, data: Any, weights: Any) -> Any:
        """See `JaxPeer`."""
        return jax.numpy.stack(self._qnode(data, weights)).astype(data.dtype)
