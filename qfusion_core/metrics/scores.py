"""Scores of a classifier, always shown together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from qfusion_core.metrics.bootstrap import LEVEL, Interval


class Scores(NamedTuple):
    """Macro F1, weighted F1 and accuracy, each from 0 to 1."""

    macro_f1: float
    weighted_f1: float
    accuracy: float


def scores(truth: ArrayLike, predicted: ArrayLike) -> Scores:
    """Scores of predicted class indices ``[rows]``; a class that is never predicted counts as 0.

    >>> scores([0, 1, 1, 1], [0, 1, 1, 1])
    Scores(macro_f1=1.0, weighted_f1=1.0, accuracy=1.0)
    """
    from sklearn.metrics import f1_score

    def f1(average: str) -> float:
        return float(f1_score(truth, predicted, average=average, zero_division=0))

    accuracy = float(np.mean(np.asarray(truth) == np.asarray(predicted)))
    return Scores(f1("macro"), f1("weighted"), accuracy)


def accuracy_interval(truth: ArrayLike, predicted: ArrayLike) -> Interval:
    """95% interval of the accuracy: exact binomial (Clopper and Pearson, Biometrika 26, 1934).

    Unlike a resampling it says something where every row is right.

    >>> accuracy_interval([1] * 36, [1] * 36).low > 0.9
    True
    """
    from scipy.stats import binomtest

    right = np.asarray(truth) == np.asarray(predicted)
    found = binomtest(int(right.sum()), right.size).proportion_ci(LEVEL)
    return Interval(float(found.low), float(found.high))
