"""Exponentials of commuting Pauli words as rotations, by which every number stays differentiable.

PennyLane's own way does without the numbers inside the base: `SProd.simplify` drops a word whose
coefficient happens to be 0, and an `Evolution` has only its time among its ``data``.
"""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import numpy as np
import pennylane as qml
import torch
from pennylane.operation import Operator
from pennylane.ops import CompositeOp, Exp, SymbolicOp
from pennylane.ops.op_math import Evolution
from torch import Tensor


def numbers(op: Operator) -> list[Any]:
    """Those of an operation, with those that an `Evolution` in it has in its base."""
    return [*op.data, *_hidden(op)]


def _hidden(op: Operator) -> list[Any]:
    if isinstance(op, Evolution):
        return numbers(op.base)
    if isinstance(op, CompositeOp):
        return list(chain.from_iterable(map(_hidden, op.operands)))
    return _hidden(op.base) if isinstance(op, SymbolicOp) else []


def keeps_the_norm(op: Exp) -> bool:
    """Whether it is unitary, as far as its exponent tells: PennyLane drops a real part of that."""
    sentence = op.base.pauli_rep
    factors = [1] if sentence is None else sentence.values()
    return all(_is_real(_turn(op, factor)) for factor in factors)


def turns(op: Exp, z: float = 1) -> list[Operator] | None:
    """``exp(coefficient * sum of commuting Pauli words)`` to a power; None of all else."""
    sentence = op.base.pauli_rep
    if sentence is None:
        return None
    if not all(a.commutes_with(b) for a, b in combinations(sentence, 2)):
        return None
    found: list[Operator] = []
    for word, factor in sentence.items():
        angle = z * _turn(op, factor)
        if not _is_real(angle):
            return None
        angle = qml.math.real(angle)
        if len(word):
            letters = "".join(word.values())
            found.append(qml.PauliRot(angle, letters, wires=list(word)))
        else:
            found.append(qml.GlobalPhase(angle / 2))
    return found


def _turn(op: Exp, factor: Any) -> Any:
    """Of a word with a factor in the base: the angle in ``exp(-i angle/2 word)``."""
    factor, coefficient = _double(factor), _double(op.coeff)
    if isinstance(factor, Tensor) and isinstance(coefficient, np.ndarray):
        coefficient = torch.as_tensor(coefficient)
    return 2j * factor * coefficient


def _double(number: Any) -> Any:
    """In double precision, and still part of what differentiates it."""
    if isinstance(number, Tensor):
        return number.to(torch.complex128)
    if qml.math.get_interface(number) in ("autograd", "jax"):
        return number
    return np.asarray(number, complex) if np.ndim(number) else complex(number)


def _is_real(angle: Any) -> bool:
    if qml.math.is_abstract(angle):  # in jax.jit nothing has a value: the author is believed
        return True
    values = np.asarray(qml.math.toarray(qml.math.unwrap([angle])[0]))
    return not bool((np.abs(values.imag) > 1e-12 * np.abs(values)).any())
