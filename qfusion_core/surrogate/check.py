"""Whether what was measured can be a surrogate: rows beside the grid, and one row again and again.

Two things are looked at: the squares of the residuals in standard errors (chi-square), which grow
with noise that depends on the angle, with crosstalk and with jumps; and whether values shrink or
grow over the job (drift). Words of a row share their shots and all predictions share the grid, so
that residuals go together: what is usual is found by drawing the job's own shots again and again.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from qfusion_core.surrogate.card import Check
from qfusion_core.surrogate.grid import Rows
from qfusion_core.surrogate.joint_shots import Joint
from qfusion_core.surrogate.kernel import Kernel
from qfusion_core.surrogate.table import Table, shot_variance

ALARM = 0.05  # share of sound jobs that are called unsound
FOUND = 0.95  # share of unsound jobs that are found, for what is said of the smallest error
DRAWS, FEWEST_DRAWS = 1000, 200
_WORK = 5e9  # multiplications that may be spent on predicting what was drawn
_MOST_ELEMENTS = 2**24  # of what is drawn at once: 128 MB
_EXACT = 1e-6  # of exact values, in single precision, too


class _Score(NamedTuple):
    """Of values, or of noise alone: of each draw.

    Attributes:
        chi_square: Sum of squares.
        slope: Of the drift, not yet divided by its information.
    """

    chi_square: Tensor
    slope: Tensor


class _Judge:
    """Residuals of values, which are linear in them.

    A word without letters is 1 whatever was measured: its errors count as infinite, so that it
    has no say.
    """

    def __init__(self, rows: Rows, values: Tensor, shots: int, constant: Tensor) -> None:
        self.rows, self._kernel = rows, Kernel(rows.grid)
        grid, _, sentinel = rows.split(values)
        table = Table(rows.grid, grid, shots)
        predicted = table.at(rows.checks)
        own = shot_variance(predicted.clamp(-1, 1), shots)
        error = (own + table.errors_at(rows.checks).square()).sqrt()
        self.error = error.masked_fill(constant, math.inf)
        mean = sentinel.mean(0)
        own_error = shot_variance(mean.clamp(-1, 1), shots).sqrt()
        self.own_error = own_error.masked_fill(constant, math.inf)
        when_grid, when_checks, when_repeats = (t.unsqueeze(-1) - 0.5 for t in rows.times)
        # the grid drifts, too, and what is predicted from it
        drifting = Table(rows.grid, grid * when_grid, None).at(rows.checks)
        self._of_checks = (predicted * when_checks - drifting) / self.error
        self._of_repeats = mean * (when_repeats - when_repeats.mean()) / self.own_error
        self.information = float(self._of_checks.square().sum() + self._of_repeats.square().sum())

    @property
    def work(self) -> int:
        """Multiplications of one draw."""
        per_row = sum(len(cone.words) * cone.size for cone in self._kernel.cones)
        return per_row * len(self.rows.checks)

    def residuals(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """In standard errors, of checks and repeats, for ``[draws, rows, n_words]``."""
        grid, checks, repeats = self.rows.split(values.movedim(0, -1))  # [rows, words, draws]
        predicted = torch.empty_like(checks)
        for cone in self._kernel.cones:  # one at a time: features of all do not fit into memory
            features, words = self._kernel.features(cone, self.rows.checks), list(cone.words)
            flat = grid[:, words].flatten(1)
            coefficients = self._kernel.coefficients(cone, flat).reshape(-1, flat.shape[1])
            predicted[:, words] = (features @ coefficients).unflatten(1, (len(words), -1))
        off = (checks - predicted) / self.error.unsqueeze(-1)
        own = (repeats - repeats.mean(0)) / self.own_error.unsqueeze(-1)
        return off, own

    def score(self, values: Tensor) -> _Score:
        """Of ``[draws, rows, n_words]``."""
        off, own = self.residuals(values)
        slope = (off * self._of_checks.unsqueeze(-1)).sum((0, 1))
        slope = slope + (own * self._of_repeats.unsqueeze(-1)).sum((0, 1))
        return _Score(off.square().sum((0, 1)) + own.square().sum((0, 1)), slope)


def check_exact(rows: Rows, values: Tensor) -> Check:
    """Of values without shots: they must be those of the grid to the last digits."""
    grid, checks, sentinel = rows.split(values)
    off = checks - Table(rows.grid, grid, None).at(rows.checks)
    largest = max(float(off.abs().max()), float((sentinel - sentinel[0]).abs().max()))
    rms = float(off.square().mean().sqrt())
    return Check(rows=len(rows.checks), rms=rms, sound=largest <= _EXACT)


def check(rows: Rows, values: Tensor, shots: int, joint: Joint, seed: int) -> Check:
    """Judge the values of a job.

    Args:
        rows: What was measured.
        values: ``[rows, n_words]`` in the order of the job, float64.
        shots: Behind each.
        joint: Their shot noise.
        seed: Of the draws.
    """
    if bool(joint.constant.all()):
        return check_exact(rows, values)
    judge = _Judge(rows, values, shots, joint.constant)
    found = judge.score(values[None])
    draws = int(min(DRAWS, max(FEWEST_DRAWS, _WORK // max(1, judge.work))))
    generator = torch.Generator().manual_seed(seed)
    scores, size = [], max(1, _MOST_ELEMENTS // max(1, values.numel()))
    for start in range(0, draws, size):
        scores.append(judge.score(joint.draw(min(size, draws - start), generator)))
    squares, slopes = (torch.cat(parts) for parts in zip(*scores, strict=True))
    p = _share(
        torch.minimum(_ranks(squares), _ranks(slopes.abs())),
        min(_share(-squares, -found.chi_square), _share(-slopes.abs(), -found.slope.abs())),
    )
    spread = float(slopes.std()) / max(judge.information, 1e-30)
    off, _ = judge.residuals(values[None])
    residuals = (off[..., 0] * judge.error)[:, ~joint.constant]
    excess = float(found.chi_square - squares.mean())
    return Check(
        rows=len(rows.checks),
        rms=float(residuals.square().mean().sqrt()),
        chi_square=float(found.chi_square),
        expected=float(squares.mean()),
        p=p,
        drift=float(found.slope) / max(judge.information, 1e-30),
        drift_error=spread,
        finds_error=_findable(squares, judge.error, generator),
        finds_drift=(2.24 + 1.645) * spread,  # normal: two-sided 2.5%, found in 95%
        sound=p >= ALARM,
        drifts=p < ALARM and 2 * float(found.slope) ** 2 / max(judge.information, 1e-30) > excess,
    )


def _share(values: Tensor, at_most: Tensor | float) -> float:
    """Of values that are as small, one more counted: never 0."""
    return float((1 + (values <= at_most).sum()) / (len(values) + 1))


def _ranks(values: Tensor) -> Tensor:
    """p of each among all."""
    order = torch.sort(values).values
    return (len(values) - torch.searchsorted(order, values) + 1) / (len(values) + 1)


def _findable(squares: Tensor, error: Tensor, generator: torch.Generator) -> float:
    """The rms error of values that chi-square finds in 95 of 100 jobs."""
    limit = torch.quantile(squares, 1 - ALARM / 2)
    normal = torch.randn(squares.shape, dtype=squares.dtype, generator=generator)
    low, high = 0.0, 1e3 * float(limit)
    for _ in range(60):
        middle = (low + high) / 2
        alike = squares + middle + 2 * middle**0.5 * normal
        found = float((alike >= limit).double().mean()) >= FOUND
        low, high = (low, middle) if found else (middle, high)
    return float((high / error.square().reciprocal().sum()).sqrt())
