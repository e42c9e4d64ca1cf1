"""How far expectation values are off, and how much of that the shots explain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ExpectationError:
    """Measured minus exact, over rows; of one observable or of several.

    Attributes:
        mean: What is wrong with all rows alike.
        rms: Root mean square.
        largest: In absolute value.
    """

    mean: float
    rms: float
    largest: float


@dataclass(frozen=True)
class WordError(ExpectationError):
    """Of one observable.

    Attributes:
        in_standard_errors: The same, each difference in units of its standard error: with shot
            noise alone ``rms`` is about 1 and ``mean``, in units of the standard error of the mean,
            rarely beyond 2; what is more comes from the machine. None where values are exact.
    """

    in_standard_errors: ExpectationError | None


def expectation_error(off: Tensor) -> ExpectationError:
    """Of differences of any shape."""
    return ExpectationError(
        float(off.mean()), float(off.square().mean().sqrt()), float(off.abs().max())
    )


def together(errors: Sequence[ExpectationError]) -> ExpectationError:
    """Of several observables, at least one, over the same rows each.

    >>> together([ExpectationError(0.5, 3.0, 3.5), ExpectationError(-0.5, 4.0, 5.0)]).mean
    0.0
    """
    size = len(errors)
    return ExpectationError(
        math.fsum(error.mean for error in errors) / size,
        math.sqrt(math.fsum(error.rms**2 for error in errors) / size),
        max(error.largest for error in errors),
    )


def word_errors(
    words: Sequence[str], values: Tensor, exact: Tensor, noise: Tensor | None
) -> dict[str, WordError]:
    """Errors by Pauli word.

    Args:
        words: Of the columns.
        values: ``[rows, words]``.
        exact: What they should be, likewise.
        noise: Their standard errors, likewise (`standard_errors`); None where there are none.
    """
    off = (values - exact).double()
    found = {}
    for column, word in enumerate(words):
        plain, units = expectation_error(off[:, column]), None
        if noise is not None and bool((noise[:, column] > 0).all()):
            units = expectation_error(off[:, column] / noise[:, column])
            mean = math.sqrt(len(off)) * units.mean
            units = ExpectationError(mean, units.rms, units.largest)
        found[word] = WordError(plain.mean, plain.rms, plain.largest, units)
    return found


def standard_errors(
    exact: Tensor, shots: int, scale: Tensor | float = 1.0, offset: Tensor | float = 0.0
) -> Tensor:
    """Standard errors of the shot noise, in the shape of ``exact``.

    A raw value r is a mean of outcomes 1 and -1: its variance is ``(1 - r^2) / shots``. A value
    ``scale * r + offset`` that should be ``exact`` has ``scale^2`` times that of
    ``r = (exact - offset) / scale``. A raw value of exactly 1 or -1 has no noise: the resolution of
    the shots bounds it. Mitigation on the machine adds noise of its own, which is not counted.

    Args:
        exact: The values without noise.
        shots: Behind each of them.
        scale: Of a calibration, broadcast.
        offset: Of a calibration, broadcast.
    """
    square = torch.as_tensor(scale, dtype=torch.float64).square()
    spread = square - (exact.double() - offset).square()
    return torch.sqrt(torch.maximum(spread, square / shots) / shots)
