"""Decompositions in which angles stay affine, where PennyLane goes through a matrix or is wrong.

Controls, powers, adjoints and exponentials are moved inwards until they meet a rotation. Each rule
is exact, global phase included, since a control makes a phase count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pennylane as qml
from pennylane.operation import Operator
from pennylane.ops import Adjoint, Controlled, Exp, Pow, SProd

from qfusion_core.circuits.tracing.exponentials import numbers, turns

_PHASES = ("PhaseShift", "U1")
_ROTATIONS = ("RX", "RY", "RZ")
_TENSORS = ("torch", "jax", "autograd")


def pennylane(op: Operator) -> list[Operator] | None:
    """PennyLane's decomposition of everything (None), but for what it gets wrong.

    `Exp.has_decomposition` multiplies the operation's own coefficient, where that is a tensor, by
    the factor of its base: ``exp(2 X, -0.5j w)`` becomes RX(4 w).
    """
    inner = innermost(op)
    wrong = type(inner) is Exp and isinstance(inner.base.simplify(), SProd)
    return _by_rule(op) if wrong else None


def innermost(op: Operator) -> Operator:
    """What is controlled, inverted or raised to a power."""
    while isinstance(op, Adjoint | Controlled | Pow):
        op = op.base
    return op


def affine(op: Operator) -> list[Operator] | None:
    """What an operation with trainable angles is made of; None where there is no rule for it."""
    trainable = any(map(qml.math.requires_grad, numbers(op)))
    return _by_rule(op) if trainable else pennylane(op)


def of_numbers(op: Operator) -> list[Operator] | None:
    """What an operation is made of whose numbers are given, by torch or not; None as of `affine`.

    PennyLane takes no exponential apart whose exponent is a tensor, trainable or not.
    """
    if not isinstance(innermost(op), Exp):
        return affine(op)
    tensors = any(qml.math.get_interface(each) in _TENSORS for each in numbers(op))
    return _by_rule(op) if tensors else affine(op)


def _by_rule(op: Operator) -> list[Operator] | None:
    if isinstance(op, Controlled):
        return _controlled(op)
    if isinstance(op, Adjoint):
        return _adjoint(op.base)
    if isinstance(op, Pow):
        return _power(op.base, op.z)
    return turns(op) if isinstance(op, Exp) else None


def _controlled(op: Controlled) -> list[Operator] | None:
    wires, values = list(op.control_wires), list(op.control_values)
    base = op.base
    while isinstance(base, Controlled):
        wires, values = [*wires, *base.control_wires], [*values, *base.control_values]
        base = base.base
    if gate := _controlled_gate(base, wires, values):
        return gate
    parts = _parts(base)
    return parts and [qml.ctrl(part, wires, control_values=values) for part in parts]


def _controlled_gate(base: Operator, wires: list[Any], values: list[bool]) -> list[Operator] | None:
    """A controlled rotation or phase; None for all else."""
    if base.name == "GlobalPhase":  # a phase of the last control, if the others agree
        *others, last = wires
        flip = [] if values[-1] else [qml.X(last)]
        phase = qml.PhaseShift(-base.parameters[0], last)
        if others:
            phase = qml.ctrl(phase, others, control_values=values[:-1])
        return [*flip, phase, *flip]
    if base.name in _PHASES:
        angle = base.parameters[0]
        return [
            qml.ctrl(part, wires, control_values=values)
            for part in (qml.RZ(angle, base.wires), qml.GlobalPhase(-angle / 2))
        ]
    if base.name not in _ROTATIONS:
        return None
    angle, target = base.parameters[0], base.wires
    turn = {"RX": qml.RZ, "RY": qml.RY, "RZ": qml.RZ}[base.name]
    frame = [qml.Hadamard(target)] if base.name == "RX" else []
    flip = qml.ctrl(qml.X(target), wires, control_values=values)
    return [*frame, turn(angle / 2, target), flip, turn(-angle / 2, target), flip, *frame]


def _adjoint(base: Operator) -> list[Operator] | None:
    if isinstance(base, Controlled):
        wires, values = base.control_wires, base.control_values
        return [qml.ctrl(qml.adjoint(base.base), wires, control_values=values)]
    if base.name in (*_ROTATIONS, *_PHASES, "GlobalPhase"):
        return [_turned(base, -1)]
    if isinstance(base, Adjoint):
        return [base.base]
    if isinstance(base, Pow) and _is_number(base.z):
        return _power(base.base, -base.z)
    parts = _parts(base)
    return parts and [qml.adjoint(part) for part in reversed(parts)]


def _power(base: Operator, z: Any) -> list[Operator] | None:
    if not _is_number(z):
        return None
    if base.name in (*_ROTATIONS, *_PHASES, "GlobalPhase"):
        return [_turned(base, z)]
    if isinstance(base, Controlled):
        wires, values = base.control_wires, base.control_values
        return [qml.ctrl(qml.pow(base.base, z, lazy=True), wires, control_values=values)]
    if isinstance(base, Adjoint):
        return _power(base.base, -z)
    if isinstance(base, Pow) and _is_number(base.z) and int(z) == z:
        return _power(base.base, z * base.z)
    if isinstance(base, Exp):
        return turns(base, z)
    if int(z) != z or (parts := _parts(base)) is None:
        return None
    return (parts if z > 0 else [qml.adjoint(part) for part in reversed(parts)]) * abs(int(z))


def _parts(op: Operator) -> list[Operator]:
    """By a rule, or by PennyLane."""
    own = of_numbers(op)
    return list(op.decomposition()) if own is None else own


def _turned(op: Operator, factor: float) -> Operator:
    make: Callable[..., Operator] = getattr(qml, op.name)
    return (
        make(factor * op.parameters[0], op.wires) if op.wires else make(factor * op.parameters[0])
    )


def _is_number(z: Any) -> bool:
    return isinstance(z, int | float)
