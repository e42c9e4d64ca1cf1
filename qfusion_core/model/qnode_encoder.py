"""A quantum encoder from a QNode that exists already."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import ClassVar

import numpy as np
import pennylane as qml
import torch
from pennylane.measurements import ExpectationMP, MeasurementProcess
from torch import Tensor

from qfusion_core.circuits.pauli_words import word
from qfusion_core.circuits.tracing.qnode import JoinedWeights, QNodeFunction
from qfusion_core.circuits.tracing.run import run
from qfusion_core.circuits.tracing.trace import as_shape
from qfusion_core.config.arguments import require_switches
from qfusion_core.errors import InputError
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.options import Options


class QNodeEncoder(CircuitEncoder):
    """The gates of a QNode become the circuit, its expectation values the observables.

    The wires of the QNode's device become ``0..n_wires-1`` in their order; its shots and its
    differentiation method are not used: the backend decides. A plugin makes a component of a QNode
    by a subclass whose ``__init__(self, options, *, n_features)`` calls this one's.
    """

    name: ClassVar[str] = "qnode"

    def __init__(
        self,
        qnode: qml.QNode,
        *,
        n_features: int,
        weights_shape: Sequence[int] | int | Mapping[str, Sequence[int] | int],
        weights: Tensor | None = None,
        n_data: int | None = None,
        layout: Sequence[Sequence[int]] | None = None,
        standardise: bool = False,
    ) -> None:
        """Take a QNode apart.

        Args:
            qnode: Returns ``qml.expval`` of Pauli words, and nothing else.
            n_features: Width of the input of `forward`.
            weights_shape: Of the weights of ``f(data, weights)``; or, for other signatures, the
                shape of each argument that is weights, by its name (as in ``qml.qnn.TorchLayer``):
                the one argument left is the data, and the weights are joined into one vector. A
                number n is the shape (n,); in a mapping, as in ``TorchLayer``, 1 is a scalar.
            weights: Initial weights; uniform in ``[0, 2 pi)`` if None.
            n_data: Entries of the data; ``n_features`` if None.
            layout: As in `CircuitEncoder`.
            standardise: As in `CircuitEncoder`; without it tokens are what the QNode gives.

        Raises:
            InputError: The QNode measures something else, carries transforms, or has arguments
                that do not fit.
        """
        if not isinstance(qnode, qml.QNode):
            raise InputError(
                f"from_qnode: expected a function under @qml.qnode(device), got {qnode!r}; "
                "a quantum function alone belongs in the circuit method of a CircuitEncoder"
            )
        require_switches(standardise=standardise)
        if len(as_shape("n_features", n_features)) != 1:
            raise InputError(f"n_features: expected a whole number, got {n_features!r}")
        name = f"QNode {getattr(qnode.func, '__name__', repr(qnode.func))}"
        if len(qnode.compile_pipeline):
            raise InputError(
                f"{name}: carries transforms, which would be lost; apply them inside the quantum "
                "function, or take them off"
            )
        function, shape = _one_vector(QNodeFunction(qnode.func), weights_shape, name)
        initial = 2 * math.pi * torch.rand(shape) if weights is None else torch.as_tensor(weights)
        if tuple(initial.shape) != shape:
            raise InputError(f"weights: expected shape {list(shape)}, got {list(initial.shape)}")
        n_data = n_features if n_data is None else n_data
        try:
            tape = run(function, torch.zeros(n_data), initial.detach())
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
        except Exception as error:
            text = f"{type(error).__name__}: {' '.join(str(error).split())}"
            raise InputError(
                f"{name}: {text} (called with data of shape [{n_data}] and weights of shape "
                f"{list(shape)})"
            ) from error
        wires = _wire_map(qnode, tape)
        if not tape.measurements:
            raise InputError(f"{name}: returns no qml.expval, so there is nothing to read out")
        super().__init__(
            Options(),
            n_features=n_features,
            n_wires=len(wires),
            weights=initial,
            observables=[_pauli_word(each, wires, name) for each in tape.measurements],
            layout=layout,
            n_data=n_data,
            standardise=standardise,
        )
        self._function = function
        self._wires = wires

    def circuit(self, data: Tensor, weights: Tensor) -> None:
        """The QNode's operations, without its measurements, on wires from 0."""
        tape = run(self._function, data, weights)
        for operation in tape.operations:
            with qml.QueuingManager.stop_recording():  # map_wires of a controlled gate queues it
                mapped = operation.map_wires(self._wires)
            qml.apply(mapped)


def _one_vector(
    function: QNodeFunction,
    shape: Sequence[int] | int | Mapping[str, Sequence[int] | int],
    name: str,
) -> tuple[QNodeFunction | JoinedWeights, tuple[int, ...]]:
    """``f(data, weights)``, and the shape of its weights."""
    if not isinstance(shape, Mapping):
        return function, as_shape("weights_shape", shape)
    shapes = {
        key: ()
        if isinstance(size, int | np.integer) and size == 1
        else as_shape(f"weights_shape: {key}", size)
        for key, size in shape.items()
    }
    try:
        return JoinedWeights(function, shapes), (sum(map(math.prod, shapes.values())),)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def _wire_map(qnode: qml.QNode, tape: qml.tape.QuantumScript) -> dict[Hashable, int]:
    """Wire labels to 0, 1, ...: in the device's order; if it has none, integers in theirs."""
    labels = list(qnode.device.wires or tape.wires)
    if not qnode.device.wires and all(isinstance(label, int) for label in labels):
        labels.sort()
    return {label: index for index, label in enumerate(labels)}


def _pauli_word(measurement: MeasurementProcess, wires: Mapping[Hashable, int], name: str) -> str:
    sentence = (
        measurement.obs.pauli_rep
        if isinstance(measurement, ExpectationMP) and measurement.obs is not None
        else None
    )
    if sentence is None or list(sentence.values()) != [1]:
        raise InputError(
            f"{name}: returns {' '.join(str(measurement).split())}; only qml.expval of a tensor "
            "product of qml.X, qml.Y and qml.Z (one word, factor 1) can become an observable"
        )
    (pauli,) = sentence
    if unknown := [label for label in pauli.wires if label not in wires]:
        raise InputError(f"{name}: measures wire {unknown[0]!r}, its device has {list(wires)}")
    return word(len(wires), {wires[label]: letter for label, letter in pauli.items()})
