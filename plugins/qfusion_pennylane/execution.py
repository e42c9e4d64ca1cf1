"""Circuits as PennyLane tapes: executed, and differentiated by the device."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qfusion_core import Circuit, QfusionError


@dataclass(frozen=True)
class TapeProgram:
    """What is run: everything but the angles.

    Attributes:
        device: An open PennyLane device.
        name: Its name, for messages.
        circuit: The template.
        words: Pauli words, at least one.
        shots: None for exact values.
        broadcasts: Whether one tape may hold all rows.
    """

    device: Any
    name: str
    circuit: Circuit
    words: tuple[str, ...]
    shots: int | None
    broadcasts: bool


def rows_at_once(task: TapeProgram) -> int:
    """So many rows that what is drawn for them, held until all are done, takes about 1 GB."""
    assert task.shots
    shot = 25 * task.circuit.n_wires if task.broadcasts else 1000  # bytes, as measured
    return max(1, 10**9 // (shot * task.shots))


def execute(task: TapeProgram, angles: Tensor, gradient: str | None = None) -> Tensor:
    """Values for rows of angles, all tapes in one call.

    Args:
        task: What to run.
        angles: ``[rows, n_angles]``, float64, on the CPU.
        gradient: PennyLane's name of the way to differentiate the result in the angles.

    Returns:
        ``[rows, words]``, float64.
    """
    import pennylane as qml

    rows = [angles] if task.broadcasts else list(angles)
    with _one_line(task.name), _known_warnings(), _apart():
        tapes = _tapes(task, rows, numpy=gradient is None)
        # no cache: equal rows must not share their draws
        results = qml.execute(
            tapes,
            task.device,
            diff_method=gradient,
            interface="torch" if gradient else "numpy",
            cache=False,
        )
    if len(task.words) == 1:
        results = [(result,) for result in results]
    count = len(angles) if task.broadcasts else 1
    dtype = None if gradient else torch.float64
    columns = [[torch.as_tensor(v, dtype=dtype).expand(count) for v in row] for row in results]
    return torch.cat([torch.stack(row, dim=1) for row in columns])


def _tapes(task: TapeProgram, rows: list[Tensor], *, numpy: bool = True) -> list[Any]:
    """A tape for each row of angles; in NumPy, since lightning.qubit would round torch's."""
    import pennylane as qml

    measured = [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in task.words]
    tapes = [
        qml.tape.QuantumScript(task.circuit.queue(row), measured, shots=task.shots) for row in rows
    ]
    if numpy:
        tapes = [qml.transforms.convert_to_numpy_parameters(tape)[0][0] for tape in tapes]
    return tapes


class Adjoint(torch.autograd.Function):
    """Values in float64, differentiated by the device's adjoint method.

    PennyLane's own function for torch hands the values of lightning.qubit over in float32.
    """

    @staticmethod
    def forward(ctx: Any, angles: Tensor, task: TapeProgram) -> Tensor:
        """``[rows, n_angles]`` to ``[rows, words]``, both float64."""
        ctx.save_for_backward(angles)
        ctx.task = task
        return execute(task, angles.detach())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """The device's product of gradient and Jacobian, in float64."""
        if torch.is_grad_enabled():  # torch would take this gradient for a constant, in silence
            raise QfusionError(
                f"pennylane: {ctx.task.name}: no second derivatives through the adjoint method; "
                "differentiate without create_graph=True, or use default.qubit"
            )
        return _product(ctx.task, ctx.saved_tensors[0].detach(), gradient), None


def _product(task: TapeProgram, angles: Tensor, gradient: Tensor) -> Tensor:
    """The gradient in the angles ``[rows, n_angles]`` from that in the values ``[rows, words]``."""
    from pennylane.devices import ExecutionConfig

    if not task.circuit.n_angles:
        return torch.zeros_like(angles)
    config = ExecutionConfig(
        gradient_method="adjoint", use_device_gradient=True, use_device_jacobian_product=True
    )
    with _one_line(task.name), _known_warnings(), _apart():
        tapes = _tapes(task, list(angles))
        config = task.device.setup_execution_config(config, tapes[0])
        batch, _ = task.device.preprocess_transforms(config)(tapes)
        # a tape with one measurement has a number for its value
        cotangents = tuple(
            tuple(row) if len(row) > 1 else row[0] for row in gradient.cpu().double().tolist()
        )
        gradients = task.device.compute_vjp(tuple(batch), cotangents, config)
    return torch.tensor(np.array(gradients, dtype=np.float64)).reshape(angles.shape)


@contextmanager
def _apart() -> Iterator[None]:
    """Holds PennyLane's lock: what is made here is in no circuit that another thread traces."""
    import pennylane as qml
    from pennylane.queuing import AnnotatedQueue

    with AnnotatedQueue(), qml.QueuingManager.stop_recording():
        yield


@contextmanager
def _one_line(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # of whatever package is behind the device
        message = " ".join(str(error).split()) or type(error).__name__
        raise QfusionError(f"pennylane: {name} failed: {message}") from error


@contextmanager
def _known_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        # qiskit's transpiler loads every plugin that is installed, and this one is deprecated
        warnings.filterwarnings("ignore", ".*IBMFractionalTranslationPlugin", DeprecationWarning)
        yield
