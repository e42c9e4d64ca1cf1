"""The check is quiet on sound jobs, and finds drift and noise that depends on the angle.

A small seeded version; `examples/benchmarks/surrogate.py` has 500 and 100 jobs.
"""

import math

import pytest
import torch

from qfusion_core import Registry
from qfusion_core.surrogate.check import check, check_exact
from qfusion_core.surrogate.grid import Grid, Rows
from qfusion_core.surrogate.joint_shots import joint_shots
from qfusion_core.surrogate.table import shot_variance
from support.encoders import encoder

SHOTS = 4096


@pytest.fixture(scope="module")
def jobs():
    """Judges jobs of a machine: (how, number of jobs) to their checks."""
    torch.manual_seed(0)
    made = encoder("hardware-efficient", 4, layers=2, entangler="linear", readout="z+zz-all")
    circuit, words, weights = made.traced, made.observables, made.weights.detach().flatten()
    kind = Registry().get("device", "statevector")
    exact = kind(kind.Options(executor="torch"))
    sampled = kind(kind.Options(shots=SHOTS, seed=3, executor="torch"))

    def judged(rows, values, more, seed):
        asked = [*words, *more]
        values = torch.cat([values, values.new_ones(len(values), len(more))], dim=1)
        joint = joint_shots(
            circuit, asked, rows.data, values, shot_variance(values, SHOTS),
            lambda data, these: exact.expectations(circuit, data, weights, these), seed,
        )  # fmt: skip
        return check(rows, values, SHOTS, joint, seed)

    def _jobs(machine, number, more=()):
        for seed in range(100, 100 + number):
            rows = Rows.of(Grid.of(circuit, [*words, *more], seed), None, seed)
            values = sampled.expectations(circuit, rows.data, weights, words)
            yield judged(rows, machine(values, rows), more, seed)

    return _jobs


def sound(values, rows):
    return values


def drifting(values, rows):
    """Values shrink by a tenth from the first row to the last."""
    return values * (1 - 0.1 * torch.linspace(0, 1, len(rows)))[:, None].to(values)


def angled(values, rows):
    """What a data rotation keeps is 1 at no angle and .7 at half a turn."""
    kept = 1 - 0.3 * (1 - rows.data.cos()) / 2
    return values * kept.prod(1, keepdim=True)


def test_sound_jobs_are_called_sound(jobs):
    found = list(jobs(sound, 40))
    alarms = sum(not each.sound for each in found)
    assert alarms <= 6  # of 40 at 5%: 2 are usual, more than 6 in one of 300 such tests
    mean = sum(each.chi_square / each.expected for each in found) / len(found)
    assert mean == pytest.approx(1, abs=0.06)
    assert all(each.finds_drift < 0.1 and each.finds_error < 0.03 for each in found)
    assert "nothing speaks against it: an error of 0.0" in found[0].meaning


@pytest.mark.parametrize("machine", [drifting, angled])
def test_others_are_found(jobs, machine):
    found = list(jobs(machine, 10))
    assert not any(each.sound for each in found)
    if machine is drifting:
        assert all(each.drifts and each.drift == pytest.approx(-0.1, abs=0.03) for each in found)
        assert found[0].meaning.startswith("the values drift over the job, as in 0.1% of sound")
    else:
        assert sum(each.drifts for each in found) <= 1
        assert "residuals are too large, as in" in found[0].meaning


def test_a_word_without_letters_has_no_say(jobs):
    """It is 1 whatever drifts: with the smallest error of all, it would outvote the others."""
    found = list(jobs(drifting, 5, more=("IIII",)))
    assert all(each.drifts and each.drift == pytest.approx(-0.1, abs=0.03) for each in found)
    (without,), (beside,) = jobs(sound, 1), jobs(sound, 1, more=("IIII",))
    for name in ("expected", "finds_drift", "finds_error", "drift_error"):
        assert getattr(beside, name) == pytest.approx(getattr(without, name), rel=0.2), name


def test_values_without_shots_follow_from_the_grid():
    torch.manual_seed(0)
    made = encoder("hardware-efficient", 3, layers=1, entangler="linear", readout="z")
    kind = Registry().get("device", "statevector")
    exact, weights = kind(kind.Options(executor="torch")), made.weights.detach().flatten()
    rows = Rows.of(Grid.of(made.traced, made.observables, 0), 16, 0)
    values = exact.expectations(made.traced, rows.data, weights, made.observables)
    found = check_exact(rows, values)
    assert found.sound and found.p is None and found.rms < 1e-14
    values[int(rows.order[rows.grid.rows])] += 1e-3
    wrong = check_exact(rows, values)
    assert not wrong.sound and "is not what it would measure" in wrong.meaning
    assert wrong.rms == pytest.approx(1e-3 / math.sqrt(16), rel=0.01)
