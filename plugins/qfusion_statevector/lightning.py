"""Very wide circuits, row by row, by PennyLane's lightning.qubit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pennylane as qml
import torch
from torch import Tensor

from qfusion_core import Circuit


class LightningExecutor:
    """Runs one circuit on the CPU, in double precision, one row after the other.

    Its adjoint differentiation takes the gradient of the values along (``device_vjp``): one state
    goes back, not one for each observable.
    """

    def __init__(self, circuit: Circuit, words: Sequence[str]) -> None:
        """Open the device.

        Args:
            circuit: What to run.
            words: Pauli words, wire 0 first.
        """
        self._circuit = circuit
        # in complex64 its sums over the state lose digits: 6e-5 at 17 wires
        device = qml.device("lightning.qubit", wires=circuit.n_wires, c_dtype=np.complex128)

        @qml.qnode(device, interface="torch", diff_method="adjoint", device_vjp=True)
        def node(angles: Tensor) -> list[Any]:
            circuit.queue(angles)
            return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words]

        self._node = node

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and what `backward` needs (nothing if not ``keep``)."""
        entries = tuple(part.detach().requires_grad_(keep) for part in (data, weights))
        with torch.set_grad_enabled(keep):
            rows = self._circuit.angles(*entries)
            values = torch.stack([torch.stack(list(self._node(row))) for row in rows]).to(data)
        return values.detach(), (entries, values) if keep else ()

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""
        entries, values = saved
        asked = [entry for entry, of in zip(entries, (of_data, of_weights), strict=True) if of]
        found = iter(
            torch.autograd.grad(
                values, asked, gradient, retain_graph=True, allow_unused=True,
                materialize_grads=True,
            )
        )  # fmt: skip
        return next(found) if of_data else None, next(found) if of_weights else None
