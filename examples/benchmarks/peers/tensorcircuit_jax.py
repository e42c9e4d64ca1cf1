"""tensorcircuit-ng compiled by jax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax

from peers.tensorcircuit_peers import configure, expectation_values
from peers.with_jax import JaxPeer
from qfusion_core import Circuit


class TensorCircuitJax(JaxPeer):
    """jax's vmap over the samples, compiled by jit."""

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        configure("jax", dtype)
        super().__init__(circuit, observables, dtype)
        self._circuit, self._observables = circuit, tuple(observables)

    def sample(self, data: Any, weights: Any) -> Any:
        """See `JaxPeer`."""
        values = expectation_values(self._circuit, self._observables, data, weights)
        return jax.numpy.stack(values).real
