"""Run a quantum function once and take it apart: the gates of the set, with their angles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

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
from qfusion_core.circuits.tracing.exponentials import keeps_the_norm
from qfusion_core.circuits.tracing.rules import innermost
from qfusion_core.circuits.tracing.run import FROM_QNODE, measures, run
from qfusion_core.errors import InputError

GATE_NAMES = {name: name for name in (*ROTATIONS, *FIXED)} | {
    "Hadamard": "H", "PauliX": "X", "PauliY": "Y", "PauliZ": "Z",
    "Adjoint(S)": "Sdg", "Adjoint(T)": "Tdg", "Adjoint(SX)": "SXdg",
}  # fmt: skip
_PLAIN = frozenset(
    {qml.RX, qml.RY, qml.RZ, qml.H, qml.X, qml.Y, qml.Z, qml.S, qml.SX, qml.T}
    | {qml.CNOT, qml.CZ, qml.SWAP}
)
DROPPED = frozenset({"GlobalPhase", "Identity", "Barrier", "Snapshot"})
Rules = Callable[[Operator], list[Operator] | None]


class RecordedGate(NamedTuple):
    """A gate of the set at one point.

    Attributes:
        angle: In radians, float64, part of the autograd graph; None for a fixed gate.
        origin: The operation it comes from, as the author wrote it.
    """

    name: str
    wires: tuple[int, ...]
    angle: Tensor | None
    origin: Operator

    @property
    def written(self) -> str:
        """The operation it comes from, in an error message."""
        return describe(self.origin)


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
    graph = AutogradGraph(data, weights, watch.entries, end, hooked=watch.hooked)
    return steps, graph


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
    gates: list[RecordedGate] = []
    try:
        _take_apart(op, op, n_wires, rules, gates)
    except InputError:
        raise
    except Exception as error:  # PennyLane raises anything at all of an operation in an operation
        raise InputError(
            f"{describe(op)}: PennyLane cannot take it apart with angles from torch "
            f"({_text(error)}); write it with rotations"
        ) from error
    return gates


def _take_apart(
    op: Operator, origin: Operator, n_wires: int, rules: Rules, gates: list[RecordedGate]
) -> None:
    """Append the gates of an operation."""
    if op.name in DROPPED:
        return
    wires = op.wires.labels  # once: of a controlled operation they are put together each time
    if not _is_plain(op, wires, n_wires):
        _refuse(op, wires, origin, n_wires)
        wires = tuple(int(wire) for wire in wires) if op.name in GATE_NAMES else wires
    if name := GATE_NAMES.get(op.name):
        angle = _real(op.parameters[0], origin) if op.parameters else None
        gates.append(RecordedGate(name, wires, angle, origin))
        return
    own = rules(op)
    for part in _parts(op, origin) if own is None else own:
        _take_apart(part, origin, n_wires, rules, gates)


def _parts(op: Operator, origin: Operator) -> list[Operator]:
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
                f"{describe(origin)}: PennyLane cannot decompose {op.name} with angles from torch "
                f"({_text(error)}); write it with rotations"
            ) from error
    raise InputError(
        f"{describe(origin)}{_within(op, origin)}: outside the gate set, and PennyLane has no "
        f"decomposition for it; write it with {', '.join(sorted([*ROTATIONS, *FIXED]))}, or "
        "PennyLane templates"
    )


def _within(op: Operator, origin: Operator) -> str:
    return "" if describe(origin) == describe(op) else f" (within it: {op.name})"


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _real(parameter: Any, origin: Operator) -> Tensor:
    try:
        # through NumPy, since torch would round a Python float to float32
        angle = (
            parameter if isinstance(parameter, Tensor) else torch.as_tensor(np.asarray(parameter))
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{describe(origin)}: angle {parameter!r} is not a number") from error
    if angle.is_complex() or angle.numel() != 1:
        raise InputError(
            f"{describe(origin)}: expected a real number for an angle, got {parameter}"
        )
    if angle.ndim == 0 and angle.dtype == torch.float64:
        return angle
    return angle.reshape(()).to(torch.float64)


def _refuse(op: Operator, wires: tuple[Any, ...], origin: Operator, n_wires: int) -> None:
    if op.name.startswith(("MidMeasure", "PauliMeasure")):
        problem = "mid-circuit measurement, which not every backend has; measure at the end only"
    elif op.name.startswith("Conditional"):
        problem = "conditional on a measurement; use a controlled gate (qml.ctrl) instead"
    elif isinstance(op, StatePrepBase):
        raise InputError(
            f"{describe(origin)}{_within(op, origin)}: state preparation; circuits start from "
            "|0...0>, use gates (qml.X for a 1)"
        )
    elif isinstance(inner := innermost(op), Exp) and not keeps_the_norm(inner):
        problem = "no unitary; write it with an imaginary factor in qml.exp, a real one in evolve"
    elif isinstance(op, Channel):
        problem = "a noise channel; noise belongs to a backend, choose a noisy one"
    elif op.batch_size is not None:
        problem = "an array for an angle; a gate takes one number, such as data[0]"
    elif bad := [w for w in wires if isinstance(w, bool) or w not in range(n_wires)]:
        problem = f"wire {bad[0]!r} is not in 0..{n_wires - 1}; wires are integers from 0"
    else:
        return
    raise InputError(f"{describe(origin)}: {problem}")


def _is_plain(op: Operator, wires: tuple[Any, ...], n_wires: int) -> bool:
    """Whether an operation is one of PennyLane's gates with a number for its angle, if it has one.

    Nothing of it is to be refused, which takes longer to find out (``batch_size``, for one).
    """
    return (
        type(op) in _PLAIN
        and all(type(wire) is int and 0 <= wire < n_wires for wire in wires)
        and all(isinstance(each, Tensor) and each.ndim == 0 for each in op.data)
    )
