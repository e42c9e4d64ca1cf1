"""Circuits back to PennyLane: queue the operations, draw them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pennylane as qml
from pennylane.operation import Operation, Operator
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import Angle, Gate
from qfusion_core.errors import InputError


def _operation(name: str) -> Callable[..., Operator]:
    """The PennyLane operation of a gate: called with its angle, if it has one, and its wires."""
    classes: dict[str, Callable[..., Operator]] = {
        "H": qml.Hadamard,
        "Sdg": lambda wires: qml.adjoint(qml.S(wires)),
        "Tdg": lambda wires: qml.adjoint(qml.T(wires)),
        "SXdg": lambda wires: qml.adjoint(qml.SX(wires)),
    }
    return classes.get(name) or getattr(qml, name)


def queue(circuit: Circuit, angles: Tensor) -> list[Operator]:
    """Queue the circuit's operations with the given angles.

    Args:
        circuit: What to queue.
        angles: ``[n_angles]``, or ``[rows, n_angles]``: then PennyLane broadcasts over the rows.

    Returns:
        The operations, for a tape made by hand.

    Raises:
        InputError: The angles do not fit the circuit.
    """
    if angles.ndim not in (1, 2) or angles.shape[-1] != circuit.n_angles:
        raise InputError(
            f"angles: expected shape [{circuit.n_angles}] or [rows, {circuit.n_angles}], "
            f"got {list(angles.shape)}"
        )
    columns = iter(angles.unbind(-1))
    return [
        _operation(gate.name)(*([next(columns)] if gate.angle else []), wires=list(gate.wires))
        for gate in circuit.gates
    ]


def queue_bound(circuit: Circuit, data: Tensor, weights: Tensor) -> None:
    """Queue the circuit's operations for one sample ``[n_data]`` or a batch ``[batch, n_data]``."""
    flat = weights.reshape(-1)
    if data.ndim == 1:
        queue(circuit, circuit.angles(data[None], flat)[0])
    else:
        queue(circuit, circuit.angles(data, flat))


def draw(circuit: Circuit) -> str:
    """The circuit as text, each angle as a formula of data ``x0, x1, ...`` and weights ``w0, ...``.

    Lines are wrapped at 100 characters.
    """
    tape = qml.tape.QuantumScript([_drawable(gate) for gate in circuit.gates])
    text: str = qml.drawer.tape_text(tape, wire_order=range(circuit.n_wires), show_all_wires=True)
    return text


def formula(angle: Angle) -> str:
    """An angle as a formula, to four digits.

    >>> from qfusion_core import Term
    >>> formula(Angle((Term("data", 0, 1.0), Term("weight", 3, -0.5)), offset=0.25))
    'x0-0.5*w3+0.25'
    """
    parts = []
    for term in angle.terms:
        symbol = f"{'x' if term.source == 'data' else 'w'}{term.index}"
        factor = "+" if term.scale == 1 else "-" if term.scale == -1 else f"{term.scale:+.4g}*"
        parts.append(factor + symbol)
    if angle.offset or not parts:
        parts.append(f"{angle.offset:+.4g}")
    return "".join(parts).removeprefix("+")


class _Formula(Operation):
    """A rotation as the drawer shows it."""

    num_params = 0

    def __init__(self, gate: Gate, text: str) -> None:
        self._text = f"{gate.name}({text})"
        super().__init__(wires=list(gate.wires))

    def label(self, *args: Any, **kwargs: Any) -> str:
        return self._text


def _drawable(gate: Gate) -> Operator:
    if gate.angle is not None:
        return _Formula(gate, formula(gate.angle))
    return _operation(gate.name)(wires=list(gate.wires))
