"""Measurements of PennyLane as functions of the values of Pauli words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import pennylane as qml
import torch
from pennylane.exceptions import DeviceError
from pennylane.measurements import ExpectationMP, MeasurementProcess, ProbabilityMP, VarianceMP
from pennylane.operation import Operator
from pennylane.pauli import PauliSentence, PauliWord
from torch import Tensor

from qfusion_core.doors.pennylane.sentences import derivatives, of_matrix, pauli_sentence, said

MOST_PROBS = 10  # wires of qml.probs: 1,024 words
MOST_PROBS_OF_MATRIX = 4  # of an observable that is no Pauli word
NOISE = 1e-9  # below it a negative probability is rounding
NOTHING = PauliWord({})
Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Reading:
    """How one measurement follows from the values of Pauli words.

    Attributes:
        words: Whose values it takes, without the identity.
        of: From values ``[rows, words]`` to results ``[rows]``, or ``[rows, outcomes]``.
        outcomes: Of probabilities, how many; None for a single number.
        changes: By how much the result changes with each entry of the observable's data, from the
            same values: ``[rows]``; None: not known.
        linear: Whether the result is linear in the values.
    """

    words: tuple[PauliWord, ...]
    of: Function
    outcomes: int | None = None
    changes: Sequence[Function | None] = ()
    linear: bool = True


def reading(measurement: MeasurementProcess, wires: Sequence[object]) -> Reading:
    """How a measurement is read.

    Args:
        measurement: With expectation values, a variance or probabilities.
        wires: All that the circuit has, for probabilities of all of them.

    Raises:
        DeviceError: It cannot be read from Pauli words.
    """
    if isinstance(measurement, ExpectationMP):
        observable = _observable(measurement)
        return _mean(pauli_sentence(observable), derivatives(observable))
    if isinstance(measurement, VarianceMP):
        return _variance(pauli_sentence(_observable(measurement)))
    if isinstance(measurement, ProbabilityMP):
        labels = list(measurement.wires or wires)
        if measurement.obs is None:
            return _probabilities(
                [PauliWord(dict.fromkeys(some, "Z")) for some in _subsets(labels)]
            )
        return _probabilities_of(measurement.obs)
    raise DeviceError(f"{measurement} is not supported")


def _observable(measurement: MeasurementProcess) -> Operator:
    if measurement.obs is not None:
        return measurement.obs
    if measurement.mv is None or isinstance(measurement.mv, list):
        raise DeviceError(f"{measurement} is not supported: it has no observable")
    matrix = np.diag(measurement.eigvals())  # of measurements that were put off to the end
    return qml.Hermitian(matrix, wires=measurement.wires)


def _mean(sentence: PauliSentence, changes: Sequence[PauliSentence | None] = ()) -> Reading:
    words = _words(sentence, *(each for each in changes if each is not None))
    return Reading(
        words,
        _linear(sentence, words),
        changes=[None if each is None else partial(_change, each, words) for each in changes],
    )


def _variance(sentence: PauliSentence) -> Reading:
    square = sentence @ sentence
    words = _words(sentence, square)
    mean, mean_of_square = _linear(sentence, words), _linear(square, words)
    return Reading(
        words, lambda values: mean_of_square(values) - mean(values).square(), linear=False
    )


def _probabilities(words: Sequence[PauliWord | None]) -> Reading:
    """From the values of Z on each subset of some wires, in the order of `_subsets`."""
    size = len(words)

    def of(values: Tensor) -> Tensor:
        whole = torch.cat([values.new_ones(len(values), 1), values], dim=1)
        return _walsh_hadamard(whole) / size

    return Reading(tuple(word for word in words if word), of, size)


def _probabilities_of(observable: Operator) -> Reading:
    """Of the eigenvalues of an observable, in PennyLane's order."""
    sentence, labels = observable.pauli_rep, list(observable.wires)
    if sentence is not None and len(sentence) == 1:
        (word,) = sentence
        subsets = _subsets(labels)
        return _probabilities(
            [PauliWord({wire: word.get(wire, "Z") for wire in some}) for some in subsets]
        )
    if len(labels) > MOST_PROBS_OF_MATRIX:
        raise DeviceError(
            f"probs of {said(observable)} is not supported: it is no Pauli word, and is taken "
            f"apart as a matrix on at most {MOST_PROBS_OF_MATRIX} wires, got {len(labels)}"
        )
    gates = observable.diagonalizing_gates()
    size = 2 ** len(labels)
    turn = qml.matrix(qml.prod(*reversed(gates)), wire_order=labels) if gates else np.eye(size)
    projectors = [
        of_matrix(np.outer(row.conj(), row), observable.wires) for row in np.asarray(turn)
    ]
    words = _words(*projectors)
    factors = torch.tensor(
        [[complex(each.get(word, 0)).real for each in projectors] for word in words],
        dtype=torch.float64,
    ).reshape(len(words), size)
    return Reading(words, lambda values: values @ factors + 1 / size, size)


def _words(*sentences: PauliSentence) -> tuple[PauliWord, ...]:
    """Those of all, each once, without the identity."""
    return tuple(dict.fromkeys(word for each in sentences for word in each if len(word)))


def _linear(sentence: PauliSentence, words: Sequence[PauliWord]) -> Function:
    factors = [complex(sentence.get(word, 0)).real for word in words]
    weights = torch.tensor(factors, dtype=torch.float64)
    constant = complex(sentence.get(NOTHING, 0)).real
    return lambda values: values @ weights + constant


def _change(sentence: PauliSentence, words: Sequence[PauliWord], values: Tensor) -> Tensor:
    return _linear(sentence, words)(values)


def _subsets(labels: Sequence[object]) -> list[list[object]]:
    """All subsets, in the order of the basis states in which their bits are set."""
    if len(labels) > MOST_PROBS:
        raise DeviceError(
            f"probabilities of {len(labels)} wires are not supported: they are read from Pauli "
            f"words, on at most {MOST_PROBS} wires; name fewer, as in qml.probs(wires=[0, 1])"
        )
    return [
        [label for label, bit in zip(labels, bits, strict=True) if bit]
        for bits in product((0, 1), repeat=len(labels))
    ]


def _walsh_hadamard(values: Tensor) -> Tensor:
    """Sums over all subsets with the sign of the outcome: ``[rows, 2**n]`` to the same."""
    rows, size = values.shape
    step = 1
    while step < size:
        one, other = values.reshape(rows, size // (2 * step), 2, step).unbind(2)
        values = torch.stack([one + other, one - other], dim=2).reshape(rows, size)
        step *= 2
    return values
