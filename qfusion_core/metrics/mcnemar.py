"""Do two classifiers that saw the same rows err equally often? McNemar's test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class McNemar:
    """Rows that only one of two classifiers gets right, and what their numbers say.

    Attributes:
        lost: Rows that the reference gets right and the other wrong.
        won: The other way round.
        p: Two-sided; 1 where there are no such rows.
    """

    lost: int
    won: int
    p: float


def mcnemar(truth: ArrayLike, predicted: ArrayLike, reference: ArrayLike) -> McNemar:
    """McNemar's test in its exact form: are lost and won rows equally likely?

    The rows that only one gets right are binomial with one half, however few they are
    (McNemar, Psychometrika 12, 1947, p. 153-157); `scipy.stats.binomtest` sums it up. Rows where
    both err say nothing here, though the classes may differ: see the agreement.

    Args:
        truth: Class indices ``[rows]``.
        predicted: Class indices ``[rows]``.
        reference: Class indices ``[rows]``.

    >>> mcnemar([0, 0, 0, 0, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 1])
    McNemar(lost=4, won=0, p=0.125)
    """
    from scipy.stats import binomtest

    right = np.asarray(predicted) == np.asarray(truth)
    before = np.asarray(reference) == np.asarray(truth)
    lost, won = int((before & ~right).sum()), int((right & ~before).sum())
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return McNemar(lost, won, p)
