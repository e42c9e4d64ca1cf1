"""What a QNode executes in a pass forward and, where it is differentiated, in one back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pennylane as qml
from pennylane.tape import QuantumScript
from pennylane.transforms import convert_to_numpy_parameters
from pennylane.transforms.core import Transform
from pennylane.workflow import construct_batch, construct_execution_config

Execution = tuple[Sequence[QuantumScript], bool]
Preprocess = Callable[[Any, Sequence[QuantumScript]], Sequence[QuantumScript]]


def executions(
    qnode: qml.QNode,
    arguments: Sequence[Any],
    named: Mapping[str, Any],
    preprocess: Preprocess,
    *,
    gradients: bool,
    differentiable: bool,
) -> Iterator[Execution]:
    """Batches of tapes, after preprocessing, and whether the device differentiates them itself.

    Args:
        qnode: The QNode.
        arguments: Of it.
        named: Of it.
        preprocess: The device's, of a configuration and tapes.
        gradients: Whether it is differentiated: by what is marked as trainable, or by everything
            where nothing is.
        differentiable: Whether the device has derivatives.
    """
    tapes, _ = construct_batch(qnode, level="gradient")(*arguments, **named)
    config = construct_execution_config(qnode, resolve=True)(*arguments, **named)
    method = None if qnode.diff_method is None else config.gradient_method
    for tape in tapes:
        _mark(tape)
    own = method == "device"
    yield _run(preprocess, config, tapes), own and gradients and differentiable
    if gradients and isinstance(method, Transform):
        shifted = [each for tape in tapes for each in method(tape)[0]]
        if shifted:
            yield _run(preprocess, config, shifted), False


def _run(preprocess: Preprocess, config: Any, tapes: Sequence[QuantumScript]) -> Any:
    marked = any(map(_marked, tapes))
    ready = preprocess(config, tapes)
    for tape in ready:
        _mark(tape, everything=not marked)
    return convert_to_numpy_parameters(ready)[0]


def _mark(tape: QuantumScript, *, everything: bool | None = None) -> None:
    """Note which numbers are trainable: those that say so, or all where none does."""
    numbers = tape.get_parameters(trainable_only=False)
    marked = _marked(tape)
    all_of_them = not marked if everything is None else everything
    tape.trainable_params = list(range(len(numbers))) if all_of_them else sorted(marked)


def _marked(tape: QuantumScript) -> set[int]:
    found: set[int] = qml.math.get_trainable_indices(tape.get_parameters(trainable_only=False))
    return found
