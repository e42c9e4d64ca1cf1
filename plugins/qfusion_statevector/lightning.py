"""Very wide circuits, row by row, by PennyLane's lightning.qubit."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
import pennylane as qml
import torch
from pennylane.devices import ExecutionConfig
from pennylane.queuing import AnnotatedQueue
from torch import Tensor

from qfusion_core import Circuit
from qfusion_statevector.autograd import NotFinite, all_finite


class LightningExecutor:
    """Runs one circuit on the CPU, in double precision, one row after the other.

    Its adjoint differentiation takes the gradient of the values along: one state goes back, not
    one for each observable. The device is asked itself: a QNode would round to torch's default.
    """

    def __init__(self, circuit: Circuit, words: Sequence[str]) -> None:
        """Open the device.

        Args:
            circuit: What to run.
            words: Pauli words, wire 0 first.
        """
        self._circuit = circuit
        self._measurements = [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words]
        # in complex64 its sums over the state lose digits: 6e-5 at 17 wires
        self._device = qml.device(
            "lightning.qubit", wires=circuit.n_wires, c_dtype=np.complex128, config=None
        )
        self._alone = Lock()  # all calls of a device compute in the one state that it has
        self._config = ExecutionConfig(
            gradient_method="adjoint", use_device_gradient=True, use_device_jacobian_product=True
        )

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and what `backward` needs (nothing if not ``keep``)."""
        entries = tuple(part.detach().requires_grad_(keep) for part in (data, weights))
        with torch.set_grad_enabled(keep):
            angles = self._circuit.angles(*(entry.double() for entry in entries))
        if not all_finite(angles.detach(), data, weights):
            raise NotFinite
        tapes = [self._tape(row) for row in angles.detach()]
        with self._alone:
            rows = [self._device.execute(tape, self._config) for tape in tapes]
        values = torch.from_numpy(np.array(rows).reshape(len(data), -1)).to(data.dtype)
        return values, (*entries, angles) if keep else ()

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""
        *entries, angles = saved
        of_angles = torch.zeros_like(angles)
        if self._circuit.n_angles:
            for row, (values, out) in enumerate(
                zip(angles.detach(), gradient.double(), strict=True)
            ):
                tape = self._tape(values)
                with self._alone:
                    gradients = self._device.compute_vjp(tape, tuple(out.tolist()), self._config)
                of_angles[row] = torch.from_numpy(np.array(gradients, dtype=np.float64).reshape(-1))
        asked = [entry for entry, of in zip(entries, (of_data, of_weights), strict=True) if of]
        gradients = iter(
            torch.autograd.grad(
                angles, asked, of_angles, retain_graph=True, allow_unused=True,
                materialize_grads=True,
            )
        )  # fmt: skip
        return next(gradients) if of_data else None, next(gradients) if of_weights else None

    def _tape(self, angles: Tensor) -> qml.tape.QuantumScript:
        # a queue that is nobody's, and PennyLane's lock: no thread traces a circuit meanwhile
        with AnnotatedQueue():
            bound = [
                qml.ops.functions.bind_new_parameters(
                    operation, [float(value) for value in operation.data]
                )
                for operation in self._circuit.queue(angles)
            ]
            return qml.tape.QuantumScript(bound, self._measurements)
