"""Paired comparison of two models over the same splits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TIE = 1e-9  # differences of scores that are closer to zero come from rounding


@dataclass(frozen=True)
class Paired:
    """What the differences ``first - second`` of n paired scores say.

    Attributes:
        mean: Of the differences, in the unit of the scores.
        sd: Their sample standard deviation; None for one pair.
        n: Number of pairs.
        wins: How often the first is higher; likewise ``ties`` and ``losses``.
        p: Two-sided, of the corrected resampled t-test; None for one pair, and where all
            differences are the same but not zero: then there is no spread to compare with.
        p_sign: Two-sided, of the exact sign test (ties left out); None for one pair.
    """

    mean: float
    sd: float | None
    n: int
    wins: int
    ties: int
    losses: int
    p: float | None
    p_sign: float | None


def paired(first: Sequence[float], second: Sequence[float], *, test_train_ratio: float) -> Paired:
    """Compare two models that were scored on the same n splits.

    Random splits of one data set overlap, so their scores are correlated and the plain t-test
    finds too much. The corrected resampled t-test of Nadeau and Bengio (Machine Learning 52, 2003,
    p. 239-281) replaces the variance of the mean, ``sd^2 / n``, by
    ``(1 / n + n_test / n_train) sd^2``; the statistic has n - 1 degrees of freedom.

    Args:
        first: Scores of the first model, one per split.
        second: Scores of the second, in the same order.
        test_train_ratio: Rows tested on over rows trained on; 0 gives the plain t-test.

    >>> round(paired([3, 5], [2, 2], test_train_ratio=1.5).p, 6)  # t = 2 / sqrt((1/2 + 3/2) 2) = 1
    0.5
    """
    from scipy import stats

    differences = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    differences[np.abs(differences) < TIE] = 0.0
    n, mean = len(differences), float(differences.mean())
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    sd = p = p_sign = None
    if n > 1:
        sd = float(differences.std(ddof=1))
        if sd > TIE:
            t = mean / (sd * math.sqrt(1 / n + test_train_ratio))
            p = float(2 * stats.t.sf(abs(t), n - 1))
        elif mean == 0:
            p = 1.0
        decided = wins + losses
        p_sign = float(stats.binomtest(wins, decided).pvalue) if decided else 1.0
    return Paired(mean, sd, n, wins, n - wins - losses, losses, p, p_sign)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for their number, in the given order (Holm, Scand. J. Statist. 6, 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
