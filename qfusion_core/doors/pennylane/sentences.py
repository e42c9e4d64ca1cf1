"""Observables of PennyLane as sums of Pauli words, and what their parameters change of them."""

from __future__ import annotations

from functools import reduce
from itertools import chain
from operator import matmul
from typing import Any

import numpy as np
import pennylane as qml
from pennylane.exceptions import DeviceError
from pennylane.operation import Operator
from pennylane.ops import Prod, SProd, Sum
from pennylane.pauli import PauliSentence, PauliWord

MOST_WIRES = 6  # of a matrix: 4,096 Pauli words
ROUNDING = 1e-12  # of coefficients


def pauli_sentence(observable: Operator) -> PauliSentence:
    """An observable as a sum of Pauli words.

    Raises:
        DeviceError: It is none, or a matrix on too many wires.
    """
    if any(np.ndim(number) for number in _factors(observable)):
        raise DeviceError(
            f"{said(observable)} is not supported: it has a factor for each row; make it a gate's "
            "angle, or a sum of separate expectation values"
        )
    found = observable.pauli_rep
    if found is None:
        found = _taken_apart(observable)
    return PauliSentence({word: _real(factor, observable) for word, factor in found.items()})


def _factors(observable: Operator) -> list[Any]:
    """Numbers before the parts of a sum; matrices are none."""
    if isinstance(observable, SProd):
        return [observable.scalar, *_factors(observable.base)]
    if isinstance(observable, Sum | Prod):
        return list(chain.from_iterable(map(_factors, observable.operands)))
    return []


def _taken_apart(observable: Operator) -> PauliSentence:
    if isinstance(observable, Prod):
        return reduce(matmul, map(pauli_sentence, observable.operands))
    if isinstance(observable, Sum):
        parts = map(pauli_sentence, observable.operands)
        return reduce(lambda one, other: one + other, parts, PauliSentence())
    if isinstance(observable, SProd):
        return observable.scalar * pauli_sentence(observable.base)
    if isinstance(observable, qml.Hadamard):
        (wire,) = observable.wires
        return PauliSentence({PauliWord({wire: letter}): 2**-0.5 for letter in "XZ"})
    return of_matrix(_matrix(observable), observable.wires)


def _matrix(observable: Operator) -> np.ndarray:
    if len(observable.wires) > MOST_WIRES:
        raise DeviceError(
            f"{said(observable)} is not supported: it is no sum of Pauli words, and is taken apart "
            f"as a matrix on at most {MOST_WIRES} wires, got {len(observable.wires)}; write it "
            "with qml.X, qml.Y and qml.Z"
        )
    if not observable.has_matrix:
        raise DeviceError(
            f"{said(observable)} is not supported: it has neither a sum of Pauli words nor a matrix"
        )
    matrix: np.ndarray = np.asarray(qml.matrix(observable, wire_order=observable.wires))
    return matrix


def of_matrix(matrix: np.ndarray, wires: qml.wires.Wires) -> PauliSentence:
    """A Hermitian matrix ``[2**n, 2**n]`` on n wires as a sum of Pauli words."""
    found: PauliSentence = qml.pauli_decompose(
        matrix, wire_order=list(wires), pauli=True, check_hermitian=False
    )
    return PauliSentence({word: factor for word, factor in found.items() if abs(factor) > ROUNDING})


def derivatives(observable: Operator) -> list[PauliSentence | None]:
    """What an observable changes by with each entry of its ``data``; None: not known.

    An observable is linear in each of the numbers that stand before its parts.
    """
    if isinstance(observable, SProd):
        inner = derivatives(observable.base)
        scaled = [each and observable.scalar * each for each in inner]
        return [_or_nothing(observable.base), *scaled]
    if isinstance(observable, Sum):
        return list(chain.from_iterable(map(derivatives, observable.operands)))
    if isinstance(observable, Prod):
        return _of_product(observable)
    return [None] * len(observable.data)


def _or_nothing(observable: Operator) -> PauliSentence | None:
    """None where it is not Hermitian by itself, as i times it may be."""
    try:
        return pauli_sentence(observable)
    except DeviceError:
        return None


def _of_product(observable: Prod) -> list[PauliSentence | None]:
    factors, found = list(observable.operands), []
    for number, factor in enumerate(factors):
        for each in derivatives(factor):
            parts = [_or_nothing(other) for other in factors]
            parts[number] = each
            known = [part for part in parts if part is not None]
            found.append(reduce(matmul, known) if len(known) == len(parts) else None)
    return found


def said(observable: Operator) -> str:
    """An observable in an error message: on one line, not too long."""
    text = " ".join(str(observable).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _real(factor: complex, observable: Operator) -> float:
    number = complex(factor)
    if abs(number.imag) > 1e-9 * max(1.0, abs(number)):
        raise DeviceError(
            f"{said(observable)} is not supported: it is not Hermitian (a Pauli word in it has the "
            f"factor {number:.3g})"
        )
    return number.real
