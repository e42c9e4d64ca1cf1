"""Medians and quartiles of repeated measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Summary(NamedTuple):
    """Median and quartiles."""

    median: float
    low: float
    high: float

    def show(self, digits: int = 3) -> str:
        """With so many significant digits.

        >>> Summary(12.345, 11.0, 13.0).show()
        '12.3 (11.0-13.0)'
        """
        middle, low, high = (significant(value, digits) for value in self)
        return f"{middle} ({low}-{high})"


def summarise(values: Sequence[float]) -> Summary:
    """Median and quartiles, interpolated.

    >>> summarise([1.0, 2.0, 3.0, 4.0, 10.0])
    Summary(median=3.0, low=2.0, high=4.0)
    """
    low, median, high = np.quantile(np.asarray(values, dtype=float), [0.25, 0.5, 0.75])
    return Summary(float(median), float(low), float(high))


def ratios(numerator: Sequence[float], denominator: Sequence[float]) -> list[float]:
    """Of the measurements of the same round: what slows the machine down slows both.

    >>> ratios([2.0, 6.0], [1.0, 2.0])
    [2.0, 3.0]
    """
    return [one / other for one, other in zip(numerator, denominator, strict=True)]


def significant(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, and no exponent.

    >>> significant(0.01234), significant(123.4), significant(9.996), significant(0.0)
    ('0.0123', '123', '10.00', '0.00')
    """
    if value == 0 or not np.isfinite(value):
        return f"{value:.{digits - 1}f}"
    decimals = digits - 1 - int(np.floor(np.log10(abs(value))))
    return f"{value:.{max(0, decimals)}f}"
