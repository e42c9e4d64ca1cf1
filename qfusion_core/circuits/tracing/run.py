"""Calls a quantum function once and takes what it queues; what it must not do or return."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import numpy as np
import pennylane as qml
from pennylane.measurements import MeasurementProcess
from pennylane.queuing import AnnotatedQueue
from torch import Tensor
from torch.utils._pytree import tree_leaves

from qfusion_core.errors import InputError

FROM_QNODE = "turn the whole QNode into an encoder with CircuitEncoder.from_qnode"


def run(
    quantum_function: Callable[..., object], data: Tensor, weights: Tensor
) -> qml.tape.QuantumScript:
    """What a quantum function queues: its operations and measurements.

    Raises:
        InputError: It runs a QNode, whose gates PennyLane would queue nowhere; or returns values, a
            generator or something else that is still to be run.
    """
    inside = getattr(quantum_function, "qnode", quantum_function)  # TorchLayer has one
    if isinstance(inside, qml.QNode):
        raise _runs(inside)
    # the queue holds PennyLane's lock: no other thread records in the meantime
    with AnnotatedQueue() as queue, _no_qnodes():
        output = quantum_function(data, weights)
    tape = qml.tape.QuantumScript.from_queue(queue)
    measured = {id(each) for each in tape.measurements}
    for leaf in tree_leaves(output):
        if id(leaf) not in measured:
            _refuse(leaf)
    return tape


def measures(measurement: object) -> InputError:
    """The error where a circuit measures."""
    return InputError(
        f"it measures ({measurement}); leave that to the encoder's observables, or {FROM_QNODE}"
    )


def _refuse(leaf: object) -> None:
    if isinstance(leaf, MeasurementProcess):
        raise measures(leaf)
    if isinstance(leaf, Iterator | AsyncIterator | Awaitable):
        if inspect.iscoroutine(leaf):
            leaf.close()  # or Python warns of it
        raise InputError(
            f"it returns a {type(leaf).__name__}, which nothing runs, so that what is in it is "
            "never queued; queue the operations in a plain function, without yield or async"
        )
    if isinstance(leaf, Tensor | np.ndarray | np.generic):
        raise InputError(
            f"it returns values ({type(leaf).__name__}); a quantum function queues operations and "
            f"returns nothing: leave the values to the encoder's observables, or {FROM_QNODE}"
        )


def _runs(node: qml.QNode) -> InputError:
    name = getattr(node.func, "__name__", type(node.func).__name__)
    return InputError(
        f"it runs the QNode {name}, whose gates do not become part of it; {FROM_QNODE}, or call "
        "the quantum function under it (without its measurements)"
    )


@contextmanager
def _no_qnodes() -> Iterator[None]:
    """Refuses every QNode that this thread runs inside, were it caught by the function or not."""
    call, thread = qml.QNode.__call__, get_ident()
    refused: list[InputError] = []

    def refuse(node: qml.QNode, *args: Any, **kwargs: Any) -> Any:
        if get_ident() != thread:
            return call(node, *args, **kwargs)
        refused.append(_runs(node))
        raise refused[0]

    qml.QNode.__call__ = refuse
    try:
        yield
    finally:
        qml.QNode.__call__ = call
    if refused:
        raise refused[0]
