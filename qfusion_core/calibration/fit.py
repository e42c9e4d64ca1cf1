"""The correction of one observable: ``scale * raw + offset``."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

LEAST_ROWS = 3  # with two, any line fits
LEAST_VARIANCE = 1e-6  # of raw values that are worth a slope
SIGNAL_TO_NOISE = 4.0  # variance of the raw values over that of their shot noise


class Fit(NamedTuple):
    """Corrections of all observables, each ``[n_observables]`` in float64.

    Attributes:
        scale: 1 where the raw values hardly vary.
        offset: Added after scaling.
        raw_error: Root mean square of ``raw - exact``.
        error: The same after correction, each row predicted by a fit without it.
    """

    scale: Tensor
    offset: Tensor
    raw_error: Tensor
    error: Tensor


def fit_affine(raw: Tensor, exact: Tensor, shots: int | None) -> Fit:
    """Least squares for ``exact = scale * raw + offset``, for each observable by itself.

    Where raw values vary by less than their shot noise explains, a slope would be fitted to noise:
    there only the offset is. Nothing is clipped. Errors leave each row out in turn, by the leverage
    of linear regression (Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2nd
    ed., eq. 7.52); with one row there is nothing to predict it from, and the error is NaN.

    Args:
        raw: Measured values ``[rows, n_observables]``.
        exact: What they should be, in the same shape.
        shots: Behind each raw value; None where they are exact but for the noise.
    """
    raw, exact = raw.double(), exact.double()
    rows = len(raw)
    x, y = raw - raw.mean(0), exact - exact.mean(0)
    spread = x.square().sum(0)
    noise = 0.0 if shots is None else (1 - raw.square()).clamp_min(0).mean(0) / shots
    enough = spread / max(1, rows - 1) > SIGNAL_TO_NOISE * noise + LEAST_VARIANCE
    sloped = enough & (rows >= LEAST_ROWS)
    safe = torch.where(sloped, spread, torch.ones_like(spread))
    scale = torch.where(sloped, (x * y).sum(0) / safe, torch.ones_like(spread))
    offset = exact.mean(0) - scale * raw.mean(0)
    leverage = 1 / rows + torch.where(sloped, x.square() / safe, torch.zeros_like(x))
    left_out = (y - scale * x) / (1 - leverage)
    return Fit(
        scale,
        offset,
        (raw - exact).square().mean(0).sqrt(),
        left_out.square().mean(0).sqrt(),
    )
