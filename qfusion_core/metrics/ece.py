"""Does a model know when it is right? The expected calibration error of its probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

BINS = 15


def expected_calibration_error(
    probabilities: ArrayLike, truth: ArrayLike, *, bins: int = BINS
) -> float:
    """Mean distance of confidence and accuracy over the rows, from 0 to 1 (ECE).

    Rows are put into bins of equal width by their confidence, the probability of the predicted
    class; the bins are open at their lower end. Of each bin the share of right predictions is
    compared with the mean confidence, and the absolute differences are weighted by the rows of the
    bin. Fifteen bins are those of Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural
    Networks, ICML 2017, eq. 3.

    With few rows chance alone makes it positive: compare it on the same rows only.

    Args:
        probabilities: ``[rows, classes]``, each row sums to 1.
        truth: Class indices ``[rows]``.
        bins: Number of bins.

    >>> round(expected_calibration_error([[0.75, 0.25]] * 4, [0, 0, 0, 1]), 9)
    0.0
    >>> round(expected_calibration_error([[0.75, 0.25]] * 4, [0, 0, 1, 1]), 9)
    0.25
    """
    given = np.asarray(probabilities, dtype=float)
    confidence, right = given.max(1), given.argmax(1) == np.asarray(truth)
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(index, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(given))
