"""A quantum encoder from a QNode that exists already."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import ClassVar

import pennylane as qml
import torch
from pennylane.measurements import ExpectationMP, MeasurementProcess
from torch import Tensor

from qfusion_core.circuit_encoder import CircuitEncoder
from qfusion_core.errors import InputError
from qfusion_core.options import Options
from qfusion_core.readout import word


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
        weights_shape: Sequence[int] | Mapping[str, Sequence[int]],
        weights: Tensor | None = None,
        n_data: int | None = None,
        layout: Sequence[Sequence[int]] | None = None,
        standardise: bool = True,
    ) -> None:
        """Take a QNode apart.

        Args:
            qnode: Returns ``qml.expval`` of Pauli words, and nothing else.
            n_features: Width of the input of `forward`.
            weights_shape: Of the weights of ``f(data, weights)``; or, for other signatures, the
                shape of each argument that is weights, by its name (as in ``qml.qnn.TorchLayer``):
                the one argument left is the data, and the weights are joined into one vector.
            weights: Initial weights; uniform in ``[0, 2 pi)`` if None.
            n_data: Entries of the data; ``n_features`` if None.
            layout: As in `CircuitEncoder`.
            standardise: As in `CircuitEncoder`.

        Raises:
            InputError: The QNode measures something else, carries transforms, or has arguments
                that do not fit.
        """
        if not isinstance(qnode, qml.QNode):
            raise InputError(
                f"from_qnode: expected a function under @qml.qnode(device), got {qnode!r}; "
                "a quantum function alone belongs in the circuit method of a CircuitEncoder"
            )
        name = f"QNode {getattr(qnode.func, '__name__', repr(qnode.func))}"
        if len(qnode.compile_pipeline):
            raise InputError(
                f"{name}: carries transforms, which would be lost; apply them inside the quantum "
                "function, or take them off"
            )
        if isinstance(weights_shape, Mapping):
            function = _with_one_vector(qnode.func, weights_shape, name)
            shape: tuple[int, ...] = (sum(map(math.prod, weights_shape.values())),)
        else:
            function, shape = qnode.func, tuple(weights_shape)
        initial = 2 * math.pi * torch.rand(shape) if weights is None else weights
        if tuple(initial.shape) != shape:
            raise InputError(f"weights: expected shape {list(shape)}, got {list(initial.shape)}")
        n_data = n_features if n_data is None else n_data
        try:
            tape = qml.tape.make_qscript(function)(torch.zeros(n_data), initial.detach())
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
        tape = qml.tape.make_qscript(self._function)(data, weights)
        for operation in tape.operations:
            with qml.QueuingManager.stop_recording():  # map_wires of a controlled gate queues it
                mapped = operation.map_wires(self._wires)
            qml.apply(mapped)


def _with_one_vector(
    function: Callable[..., object], shapes: Mapping[str, Sequence[int]], name: str
) -> Callable[[Tensor, Tensor], object]:
    """``f(data, vector)`` from a function with several weight arguments."""
    parameters = inspect.signature(function).parameters
    rest = [key for key, p in parameters.items() if key not in shapes and p.default is p.empty]
    if unknown := [key for key in shapes if key not in parameters]:
        raise InputError(
            f"{name}: weights_shape names {unknown[0]!r}, its arguments are {list(parameters)}"
        )
    if len(rest) != 1:
        raise InputError(
            f"{name}: expected one argument besides the weights {list(shapes)}, the data; "
            f"got {rest}; name every argument that is weights in weights_shape"
        )

    def joined(data: Tensor, vector: Tensor) -> object:
        parts = torch.split(vector, [math.prod(shape) for shape in shapes.values()])
        weights = {
            key: part.reshape(tuple(shape))
            for (key, shape), part in zip(shapes.items(), parts, strict=True)
        }
        return function(**{rest[0]: data}, **weights)

    return joined


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
