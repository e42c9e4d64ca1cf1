"""What an operation is made of; refused where a derivative would be lost or wrong in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pennylane as qml
from pennylane import MottonenStatePreparation, QubitUnitary, StatePrep
from pennylane.exceptions import DecompositionUndefinedError, DeviceError
from pennylane.operation import Operator
from pennylane.ops import Exp, Pow

from qfusion_core.circuits.tracing.exponentials import keeps_the_norm, numbers
from qfusion_core.circuits.tracing.rules import innermost, of_numbers
from qfusion_core.doors.pennylane.traces import is_differentiated, keeps_all


def parts(operation: Operator) -> list[Operator]:
    """What an operation is made of: by a rule, by PennyLane, or by its matrix.

    Raises:
        DeviceError: There is no way, or none that has a derivative.
    """
    given = numbers(operation)
    trains = any(map(is_differentiated, given))
    if trains and (why := _no_derivative(operation)):
        raise DeviceError(f"{_said(operation)}: {why}")
    found = of_numbers(operation)
    if found is None:
        _refuse_what_grows(operation)
        found = _by_pennylane(operation, trains=trains)
    nothing = isinstance(operation, Pow) and _is_zero(operation.z)
    if trains and not nothing and not keeps_all(given, _all_numbers(found)):
        raise DeviceError(
            f"{_said(operation)}: the derivative by some of its numbers is not supported by "
            "qfusion: PennyLane takes it apart into gates without them; write it with rotations"
        )
    return found


def _refuse_what_grows(operation: Operator) -> None:
    """PennyLane would drop what is real in an exponent, or take the matrix for a unitary one."""
    inner = innermost(operation)
    if isinstance(inner, Exp) and not keeps_the_norm(inner):
        raise DeviceError(
            f"{_said(operation)}: an exponential that is no unitary is not supported by qfusion; "
            "write it with an imaginary factor in qml.exp, a real one in qml.evolve"
        )


def _by_pennylane(operation: Operator, *, trains: bool) -> list[Operator]:
    """By its matrix where nothing is differentiated: PennyLane would lose the derivative."""
    if not operation.has_decomposition and operation.has_matrix and not trains:
        return [qml.QubitUnitary(qml.matrix(operation), wires=operation.wires)]
    try:
        return list(operation.decomposition())
    except Exception as error:  # PennyLane raises anything at all of trainable matrices
        of_what = "with trainable parameters is" if trains else "is"
        why = " ".join(str(error).split())[:100]
        raise DeviceError(
            f"{_said(operation)} {of_what} not supported by qfusion: PennyLane does not take it "
            "apart into gates"
            + ("" if isinstance(error, DecompositionUndefinedError) else f" ({why})")
        ) from error


def _no_derivative(operation: Operator) -> str:
    """Why there is none where its numbers stand: the angles behind them jump at a 0."""
    inner = innermost(operation)
    prepares = isinstance(inner, StatePrep | MottonenStatePreparation)
    if not prepares and not isinstance(inner, QubitUnitary):
        return ""
    (number,) = inner.data
    if qml.math.is_abstract(number):
        return ""
    sizes = np.abs(np.asarray(qml.math.toarray(qml.math.unwrap([number])[0])))
    if prepares and (sizes < 1e-12).any():
        return (
            "the derivative by amplitudes that are 0 is not supported by qfusion; prepare the "
            "state with gates, or keep them off 0"
        )
    # PennyLane adds a rounding error to entries: as it is to them, so is that of derivatives
    if not prepares and (sizes < np.finfo(sizes.dtype).eps ** 0.5).any():
        off = ", or keep the entries off 0" if len(inner.wires) == 1 else ""
        return (
            "the derivative by a matrix with an entry that is 0 is not supported by qfusion; "
            f"write it with rotations{off}"
        )
    return ""


def _all_numbers(operations: list[Operator]) -> list[Any]:
    return [number for each in operations for number in numbers(each)]


def _is_zero(number: Any) -> bool:
    return isinstance(number, int | float) and number == 0


def _said(operation: Operator) -> str:
    return f"{operation.name} on wires {operation.wires.tolist()}"
