"""Run a quantum function once and take it apart: the gates of the set, with their angles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml
import torch
from pennylane.exceptions import DecompositionUndefinedError
from pennylane.operation import Channel, Operator, StatePrepBase
from pennylane.ops import Exp
from torch import Tensor

from qfusion_core.circuits.gates import FIXED, ROTATIONS
from qfusion_core.circuits.tracing.autograd_graph import AutogradGraph, last_node
from qfusion_core.circuits.tracing.escape_watch import IN_PLACE, NO_GRADIENT, EscapeWatch
from qfusion_core.circuits.tracing.rules import innermost, keeps_the_norm
from qfusion_core.circuits.tracing.run import FROM_QNODE, measures, run
from qfusion_core.errors import InputError

GATE_NAMES = {name: name for name in (*ROTATIONS, *FIXED)} | {
    "Hadamard": "H", "PauliX": "X", "PauliY": "Y", "PauliZ": "Z",
    "Adjoint(S)": "Sdg", "Adjoint(T)": "Tdg", "Adjoint(SX)": "SXdg",
}  # fmt: skip
DROPPED = frozenset({"GlobalPhase", "Identity", "Barrier", "Snapshot"})
Rules = Callable[[Operator], list[Operator] | None]


@dataclass(frozen=True)
class RecordedGate:
    """A gate of the set at one point.

    Attributes:
        written: The operation it comes from, as the author wrote it.
        angle: In radians, float64, part of the autograd graph; None for a fixed gate.
    """

    name: str
    wires: tuple[int, ...]
    angle: Tensor | None
    written: str


def record(
    quantum_function: Callable[..., object],
    data: Tensor,
    weights: Tensor,
    *,
    n_wires: int,
    rules: Rules,
) -> tuple[list[RecordedGate], AutogradGraph]:
    """The gates that the function queues for one input, and the graph behind their angles.

    Args:
        quantum_function: What to run.
        data: ``[n_data]``.
        weights: Of the function's own shape.
        n_wires: Qubits.
        rules: What an operation is made of; None where PennyLane's own decomposition is to be used.

    Raises:
        InputError: The function fails, measures, branches, or queues what no gate sequence is.
    """
    watch = EscapeWatch(data, weights)
    try:
        with watch:
            tape = run(quantum_function, data, weights)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            watch.fault
            or f"{_text(error)} (called with data of shape {list(data.shape)} and weights of shape "
            f"{list(weights.shape)})"
        ) from error
    end = last_node()
    operations = list(_flat(tape))
    with qml.QueuingManager.stop_recording():
        steps = [step for op in operations for step in _taken_apart(op, n_wires, rules)]
    if watch.fault:  # after what an operation's name says better, such as state preparation
        raise InputError(watch.fault)
    if watch.changed():
        raise InputError(IN_PLACE)
    for op in operations:
        if any(map(watch.leaked, op.parameters)):
            raise InputError(f"{describe(op)}: {NO_GRADIENT}")
    if not operations:
        raise InputError(
            "it queues no operation, so that nothing in it hangs on data or weights; queue some, "
            f"such as qml.RX(data[0], wires=0); if it is meant to run a QNode, {FROM_QNODE}"
        )
    return steps, AutogradGraph(data, weights, watch.entries, end)


def describe(op: Operator) -> str:
    """An operation in an error message."""
    return f"{op.name} on wires {op.wires.tolist()}"


def _flat(tape: qml.tape.QuantumScript) -> Iterator[Operator]:
    """The operations, with those of tapes that were opened inside."""
    if tape.measurements:
        raise measures(tape.measurements[0])
    for op in tape.operations:
        if isinstance(op, qml.tape.QuantumScript):
            yield from _flat(op)
        else:
            yield op


def _taken_apart(op: Operator, n_wires: int, rules: Rules) -> list[RecordedGate]:
    try:
        return list(_steps(op, describe(op), n_wires, rules))
    except InputError:
        raise
    except Exception as error:  # PennyLane raises anything at all of an operation in an operation
        raise InputError(
            f"{describe(op)}: PennyLane cannot take it apart with angles from torch "
            f"({_text(error)}); write it with rotations"
        ) from error


def _steps(op: Operator, written: str, n_wires: int, rules: Rules) -> Iterator[RecordedGate]:
    if op.name in DROPPED:
        return
    _refuse(op, written, n_wires)
    if op.name in GATE_NAMES:
        angle = _real(op.parameters[0], written) if op.parameters else None
        yield RecordedGate(GATE_NAMES[op.name], tuple(int(w) for w in op.wires), angle, written)
    else:
        own = rules(op)
        for part in _parts(op, written) if own is None else own:
            yield from _steps(part, written, n_wires, rules)


def _parts(op: Operator, written: str) -> list[Operator]:
    """What PennyLane decomposes an operation into."""
    if op.name in ("C(U2)", "C(U3)"):  # PennyLane would go through a matrix, and lose the angles
        values = op.control_values
        return [qml.ctrl(part, op.control_wires, values) for part in op.base.decomposition()]
    if op.name in ("Adjoint(U2)", "Adjoint(U3)"):  # PennyLane would take angles modulo 2 pi
        return [qml.adjoint(part) for part in reversed(op.base.decomposition())]
    if op.has_decomposition:
        try:
            return list(op.decomposition())
        except DecompositionUndefinedError:
            pass  # in spite of has_decomposition
        except Exception as error:
            raise InputError(
                f"{written}: PennyLane cannot decompose {op.name} with angles from torch "
                f"({_text(error)}); write it with rotations"
            ) from error
    within = "" if written == describe(op) else f" (within it: {op.name})"
    raise InputError(
        f"{written}{within}: outside the gate set, and PennyLane has no decomposition for it; "
        f"write it with {', '.join(sorted([*ROTATIONS, *FIXED]))}, or PennyLane templates"
    )


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _real(parameter: Any, written: str) -> Tensor:
    try:
        # through NumPy, since torch would round a Python float to float32
        angle = (
            parameter if isinstance(parameter, Tensor) else torch.as_tensor(np.asarray(parameter))
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{written}: angle {parameter!r} is not a number") from error
    if angle.is_complex() or angle.numel() != 1:
        raise InputError(f"{written}: expected a real number for an angle, got {parameter}")
    return angle.reshape(()).to(torch.float64)


def _refuse(op: Operator, written: str, n_wires: int) -> None:
    if op.name.startswith(("MidMeasure", "PauliMeasure")):
        problem = "mid-circuit measurement, which not every backend has; measure at the end only"
    elif op.name.startswith("Conditional"):
        problem = "conditional on a measurement; use a controlled gate (qml.ctrl) instead"
    elif isinstance(op, StatePrepBase):
        within = "" if written == describe(op) else f" (within it: {op.name})"
        raise InputError(
            f"{written}{within}: state preparation; circuits start from |0...0>, use gates (qml.X "
            "for a 1)"
        )
    elif isinstance(inner := innermost(op), Exp) and not keeps_the_norm(inner):
        problem = "no unitary; write it with an imaginary factor in qml.exp, a real one in evolve"
    elif isinstance(op, Channel):
        problem = "a noise channel; noise belongs to a backend, choose a noisy one"
    elif op.batch_size is not None:
        problem = "an array for an angle; a gate takes one number, such as data[0]"
    elif bad := [w for w in op.wires if isinstance(w, bool) or w not in range(n_wires)]:
        problem = f"wire {bad[0]!r} is not in 0..{n_wires - 1}; wires are integers from 0"
    else:
        return
    raise InputError(f"{written}: {problem}")
