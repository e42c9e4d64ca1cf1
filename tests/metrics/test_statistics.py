"""What the figures of `qfusion compare` promise: coverage, known cases, and no order of rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from qfusion_core.metrics.bootstrap import macro_f1_interval
from qfusion_core.metrics.ece import expected_calibration_error
from qfusion_core.metrics.expectation_error import standard_errors, word_errors
from qfusion_core.metrics.mcnemar import mcnemar
from qfusion_core.metrics.scores import accuracy_interval, scores

CLASSES = st.integers(0, 3)
ROWS = st.lists(st.tuples(CLASSES, CLASSES, CLASSES), min_size=1, max_size=40)


def noisy(random, truth, right):
    """Predictions that are right in a share of the rows, elsewhere any class."""
    return np.where(random.random(len(truth)) < right, truth, random.integers(3, size=len(truth)))


@given(ROWS, st.randoms())
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_rows_changes_nothing(rows, shuffle):
    turned = shuffle.sample(rows, len(rows))
    (truth, first, second), (*others,) = zip(*rows, strict=True), zip(*turned, strict=True)
    assert macro_f1_interval(truth, first) == macro_f1_interval(*others[:2])
    paired = macro_f1_interval(truth, first, minus=second)
    assert paired == macro_f1_interval(*others[:2], minus=others[2])
    assert mcnemar(truth, first, second) == mcnemar(*others)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_intervals_lie_where_scores_can(rows):
    truth, first, second = zip(*rows, strict=True)
    alone = macro_f1_interval(truth, first)
    assert alone is None or 0 <= alone.low <= alone.high <= 1
    apart = macro_f1_interval(truth, first, minus=second)
    assert apart is None or -1 <= apart.low <= apart.high <= 1
    assert macro_f1_interval(truth, first, minus=first) is None
    assert macro_f1_interval(truth, truth) is None


def test_the_interval_of_a_score_covers_at_about_its_level():
    random = np.random.default_rng(11)
    truth = np.repeat([0, 1, 2], [30, 40, 20])
    # 8 in 10, and a third of the rest by chance; each class is taken for each other alike often
    chance = np.full((3, 3), 0.2 / 3) + 0.8 * np.eye(3)
    expected = chance * np.bincount(truth)[:, None]
    hits = np.diagonal(expected)
    true = (2 * hits / (expected.sum(0) + expected.sum(1))).mean()
    found = [macro_f1_interval(truth, noisy(random, truth, 0.8)) for _ in range(400)]
    covered = np.mean([each.low <= true <= each.high for each in found])
    assert 0.92 < covered < 0.98
    assert np.mean([each.high < true for each in found]) < 0.05
    assert np.mean([each.low > true for each in found]) < 0.05


def test_the_paired_interval_covers_zero_for_equals_and_is_narrower_than_an_unpaired_one():
    random = np.random.default_rng(12)
    truth = np.repeat([0, 1, 2], 40)
    covered, narrower = [], []
    for _ in range(300):
        common = noisy(random, truth, 0.8)
        first, second = (
            np.where(random.random(120) < 0.2, noisy(random, truth, 0.8), common) for _ in range(2)
        )
        apart = macro_f1_interval(truth, first, minus=second)
        alone = [macro_f1_interval(truth, each) for each in (first, second)]
        unpaired = math.hypot(*(each.high - each.low for each in alone))
        covered.append(apart is None or apart.low <= 0 <= apart.high)
        narrower.append(apart is None or apart.high - apart.low < unpaired)
    assert 0.91 < np.mean(covered) <= 1
    assert np.mean(narrower) > 0.95


@pytest.mark.parametrize("difference", [False, True])
def test_it_is_the_bootstrap_of_scipy(difference):
    random = np.random.default_rng(13)
    truth = np.repeat([0, 1, 2], [30, 25, 45])
    first, second = noisy(random, truth, 0.85), noisy(random, truth, 0.7)
    rows = [np.flatnonzero(truth == label) for label in range(3)]

    def macro_f1(chosen, said):
        told = np.bincount(3 * truth[chosen] + said[chosen], minlength=9).reshape(3, 3)
        return np.mean(2 * told.diagonal() / (told.sum(0) + told.sum(1)))

    def statistic(*drawn):
        chosen = np.concatenate(drawn)
        return macro_f1(chosen, first) - (macro_f1(chosen, second) if difference else 0)

    every = np.arange(100)
    assert macro_f1(every, first) == pytest.approx(f1_score(truth, first, average="macro"))
    peer = stats.bootstrap(
        rows, statistic, n_resamples=4000, vectorized=False, method="BCa",
        rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    own = macro_f1_interval(truth, first, minus=second if difference else None)
    width = peer.high - peer.low
    assert own.low == pytest.approx(peer.low, abs=0.1 * width)
    assert own.high == pytest.approx(peer.high, abs=0.1 * width)


def test_a_seed_repeats_and_another_one_resamples():
    random = np.random.default_rng(14)
    truth = np.arange(60) % 3
    said = noisy(random, truth, 0.8)
    assert macro_f1_interval(truth, said, seed=1) == macro_f1_interval(truth, said, seed=1)
    assert macro_f1_interval(truth, said, seed=1) != macro_f1_interval(truth, said, seed=2)


@given(ROWS)
@settings(max_examples=100, deadline=None)
def test_mcnemar_is_the_sign_test_of_the_rows_that_only_one_gets_right(rows):
    truth, said, reference = zip(*rows, strict=True)
    found = mcnemar(truth, said, reference)
    lost = sum(r == t != s for t, s, r in rows)
    won = sum(s == t != r for t, s, r in rows)
    assert (found.lost, found.won) == (lost, won)
    assert found.p == (stats.binomtest(won, won + lost).pvalue if won + lost else 1)
    turned = mcnemar(truth, reference, said)
    assert (turned.lost, turned.won, turned.p) == (won, lost, found.p)
    right = scores(truth, said).accuracy - scores(truth, reference).accuracy
    assert right == pytest.approx((won - lost) / len(rows))


@pytest.mark.parametrize(
    ("lost", "won", "p"), [(0, 0, 1), (1, 0, 1), (5, 0, 2**-4), (1, 5, 14 / 64), (3, 3, 1)]
)
def test_mcnemar_by_hand(lost, won, p):
    said, reference = [1] * lost + [0] * won + [0, 1], [0] * lost + [1] * won + [0, 1]
    found = mcnemar([0] * (lost + won) + [0, 0], said, reference)
    assert (found.lost, found.won) == (lost, won)
    assert found.p == pytest.approx(p)


def test_calibration_error_by_hand():
    # 2 rows at 0.9, one right: off by 0.4; 2 rows at 0.6, both right: off by 0.4
    probabilities = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]]
    assert expected_calibration_error(probabilities, [0, 1, 1, 1]) == pytest.approx(0.4)
    assert expected_calibration_error([[1.0, 0.0]] * 3, [0, 0, 0]) == 0
    assert expected_calibration_error([[1.0, 0.0]] * 3, [1, 1, 1]) == 1
    # the bins are open below: with two of them, 0.5 lies in the first
    edge = [[0.5, 0.5, 0.0], [0.6, 0.4, 0.0]]
    assert expected_calibration_error(edge, [0, 1], bins=2) == pytest.approx((0.5 + 0.6) / 2)
    assert expected_calibration_error(edge, [0, 1], bins=1) == pytest.approx(0.05)


def test_calibration_error_of_calibrated_and_of_overconfident_rows():
    random = np.random.default_rng(15)
    probabilities = random.dirichlet([0.6, 0.6, 0.6], size=40_000)
    truth = (probabilities.cumsum(1) > random.random((40_000, 1))).argmax(1)
    assert expected_calibration_error(probabilities, truth) < 0.012
    sharp = probabilities**3 / (probabilities**3).sum(1, keepdims=True)
    off = np.mean(sharp.max(1) - (sharp.argmax(1) == truth))
    # overconfident in each bin: the gaps have one sign, so that they add up to the mean gap
    assert expected_calibration_error(sharp, truth) == pytest.approx(off, abs=0.003)
    assert off > 0.1
    order = random.permutation(40_000)
    assert expected_calibration_error(probabilities[order], truth[order]) == pytest.approx(
        expected_calibration_error(probabilities, truth), abs=1e-12
    )


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1.6, -0.1)])
def test_standard_errors_are_those_of_the_values(scale, offset):
    random = np.random.default_rng(16)
    shots, raw = 500, torch.tensor([0.0, 0.4, -0.7, 0.98], dtype=torch.float64)
    exact = scale * raw + offset
    drawn = random.binomial(shots, (1 + raw.numpy()) / 2, size=(4000, 4))
    values = scale * (2 * drawn / shots - 1) + offset
    assert np.allclose(standard_errors(exact, shots, scale, offset), values.std(0), rtol=0.05)


def test_errors_by_observable():
    exact = torch.zeros(400, 3, dtype=torch.float64)
    noise = standard_errors(exact, 100)
    assert noise.unique().tolist() == [0.1]
    values = exact + noise * torch.randn(400, 3, generator=torch.Generator().manual_seed(1))
    values[:, 1] += 0.05
    values[:, 2] = 0
    values[7, 2] = -0.3
    found = word_errors(("ZI", "IZ", "XX"), values, exact, noise)
    assert list(found) == ["ZI", "IZ", "XX"]
    clean, drifted, outlier = (found[word].in_standard_errors for word in found)
    assert abs(clean.mean) < 3
    assert clean.rms == pytest.approx(1, abs=0.15)
    assert drifted.mean == pytest.approx(0.5 * 20, abs=3)  # 0.05 / 0.1, times the root of 400 rows
    assert found["IZ"].mean == pytest.approx(0.05, abs=0.02)
    assert outlier.largest == pytest.approx(3)
    assert found["XX"].largest == pytest.approx(0.3)
    assert found["XX"].rms == pytest.approx(0.3 / math.sqrt(400))
    assert found["XX"].mean == pytest.approx(-0.3 / 400)
    assert word_errors(("ZI",), values[:, :1], exact[:, :1], None)["ZI"].in_standard_errors is None


def test_an_observable_that_a_calibration_makes_constant_has_no_noise_to_compare_with():
    exact = torch.full((3, 1), 0.2, dtype=torch.float64)
    noise = standard_errors(exact, 100, scale=0.0, offset=0.2)
    found = word_errors(("Z",), exact, exact, noise)["Z"]
    assert found.in_standard_errors is None
    assert found.largest == 0


@given(st.lists(st.booleans(), min_size=1, max_size=60))
@settings(max_examples=40, deadline=None)
def test_the_interval_of_the_accuracy_holds_it(rows):
    truth, said = [1] * len(rows), [int(row) for row in rows]
    found = accuracy_interval(truth, said)
    assert 0 <= found.low <= scores(truth, said).accuracy <= found.high <= 1
    assert found.low < found.high
