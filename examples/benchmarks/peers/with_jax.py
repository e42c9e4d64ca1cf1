"""Peers that are compiled and differentiated by jax: jit of vmap."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import jax

from peers.peer import Array, Pass, Peer
from qfusion_core import Circuit


class JaxPeer(Peer):
    """Adapters of libraries in jax write `sample`; compiled anew for each circuit and shape."""

    def __init__(self, circuit: Circuit, observables: Sequence[str], dtype: str) -> None:
        if dtype == "float64":
            jax.config.update("jax_enable_x64", True)
        batch = jax.vmap(self.sample, in_axes=(0, None))

        def loss(data: Any, weights: Any, cotangent: Any) -> tuple[Any, Any]:
            values = batch(data, weights)
            return (values * cotangent).sum(), values

        self._compiled = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True))

    @abstractmethod
    def sample(self, data: Any, weights: Any) -> Any:
        """``data [n_data]``, ``weights [n_weights]`` to ``[n_observables]``."""

    def place(self, array: Array) -> Any:
        """See `Peer`."""
        return jax.numpy.asarray(array)

    def step(self, data: Any, weights: Any, cotangent: Any) -> Pass:
        """See `Peer`."""
        (_, values), gradients = self._compiled(data, weights, cotangent)
        return jax.block_until_ready(Pass(values, *gradients))
