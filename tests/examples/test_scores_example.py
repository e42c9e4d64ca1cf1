"""examples/benchmarks/scores.py: what it runs, what it keeps, and what its table may say."""

import importlib
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from qfusion_core import InputError

FOLDER = Path(__file__).parents[2] / "examples" / "benchmarks"


@pytest.fixture
def module(monkeypatch):
    """The modules beside the script, importable as they are for it."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def command(*words):
    return subprocess.run(
        [sys.executable, str(FOLDER / "scores.py"), *map(str, words)],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_a_study_is_run_once_kept_and_put_together(module, tmp_path, capsys):
    pytest.importorskip("lightgbm")
    words = ["--data", "wine", "--seeds", "10,11", "--arms", "none,lightgbm", "--out", tmp_path]
    words += ["--set", "training.epochs=2", "--set", "quantum.options.layers=1"]

    first = command(*words)

    assert first.returncode == 0, first.stderr
    files = sorted(tmp_path.glob("*/*.json"))
    assert [file.name for file in files] == [
        "lightgbm-seed10.json", "lightgbm-seed11.json", "none-seed10.json", "none-seed11.json",
    ]  # fmt: skip
    assert not list(tmp_path.glob("**/*.safetensors"))
    kept = [json.loads(file.read_text()) for file in files]
    assert {one["epochs"] for one in kept if one["cell"]["arm"] == "none"} == {2}
    # both arms were tested on the same rows, and another seed means other rows
    assert kept[0]["data_digest"] == kept[2]["data_digest"] != kept[3]["data_digest"]
    (group,) = json.loads((tmp_path / "scores.json").read_text())
    for arm, summary in group["arms"].items():
        for score in ("macro_f1", "weighted_f1", "accuracy"):
            values = [100 * one["test"][score] for one in kept if one["cell"]["arm"] == arm]
            assert summary[score]["mean"] == pytest.approx(sum(values) / 2)
            assert summary[score]["sd"] == pytest.approx(abs(values[0] - values[1]) / math.sqrt(2))
            mean, sd = summary[score]["mean"], summary[score]["sd"]
            assert f"{mean:.1f} ± {sd:.1f}" in (tmp_path / "scores.md").read_text()
    assert group["verdict"].startswith("no advantage found: not compared with sham")

    written = [(file.stat().st_mtime_ns, file.stat().st_ino) for file in files]
    main = module("scores").main
    assert main(map(str, words)) == 0
    assert "seed 10:" not in capsys.readouterr().out
    assert [(file.stat().st_mtime_ns, file.stat().st_ino) for file in files] == written

    words[words.index("training.epochs=2")] = "training.epochs=3"
    assert main(map(str, words)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "wine with different settings" in line and "another --out" in line


def test_corrected_t_test_by_hand(module):
    # differences 1 2 3 4: mean 2.5, variance 5/3; t = 2.5 / sqrt((1/4 + 1/4) 5/3) = sqrt(7.5);
    # with three degrees of freedom p = 1 - 2/pi (a + sin a cos a), tan a = t / sqrt 3
    found = module("paired").paired([2, 4, 6, 8], [1, 2, 3, 4], test_train_ratio=0.25)

    angle = math.atan(math.sqrt(7.5 / 3))
    by_hand = 1 - 2 / math.pi * (angle + math.sin(angle) * math.cos(angle))
    assert by_hand == pytest.approx(0.071422, abs=1e-6)
    assert found.p == pytest.approx(by_hand)
    assert (found.mean, found.n, found.wins, found.ties, found.losses) == (2.5, 4, 4, 0, 0)
    assert found.sd == pytest.approx(math.sqrt(5 / 3))
    assert found.p_sign == pytest.approx(2 / 2**4)


def test_without_correction_it_is_the_paired_t_test(module):
    from scipy.stats import ttest_rel

    one, other = [96.2, 91.0, 94.4, 97.0, 90.1], [95.0, 92.2, 93.1, 93.3, 90.1]
    found = module("paired").paired(one, other, test_train_ratio=0)
    assert found.p == pytest.approx(ttest_rel(one, other).pvalue)
    assert (found.wins, found.ties, found.losses) == (3, 1, 1)


def test_no_spread_means_no_p(module):
    paired = module("paired").paired
    assert paired([1], [0], test_train_ratio=0.25).p is None
    assert paired([1], [0], test_train_ratio=0.25).sd is None
    # the same step up each time: a t of infinity would be no evidence
    assert paired([0.3, 0.5], [0.2, 0.4], test_train_ratio=0.25).p is None
    assert paired([1, 1], [1, 1], test_train_ratio=0.25).p == 1


def result(module, arm, seed, score, *, rows="same"):
    results = module("results")
    classical = None if arm == "lightgbm" else "mlp"
    cell = results.Cell(
        data="wine", classical=classical, arm=arm, seed=seed, preset="strong", settings="0" * 64
    )
    test = dict.fromkeys(("macro_f1", "weighted_f1", "accuracy"), score)
    return results.Result(
        cell=cell, test=test, seconds=1, rows=(68, 12, 20), data_digest=f"{rows} {seed}",
        spec_digest="", spec={}, provenance={"commit": "abc"},
    )  # fmt: skip


def group_of(module, **arms):
    found = [
        result(module, arm, seed, score)
        for arm, values in arms.items()
        for seed, score in enumerate(values)
    ]
    (group,) = module("score_table").aggregate(found)
    return group


HIGH = [0.95, 0.96, 0.97, 0.96, 0.95]
LOW = [0.85, 0.87, 0.86, 0.85, 0.86]


def test_advantage_needs_both_judges(module):
    both = group_of(module, strong=HIGH, sham=LOW, lightgbm=LOW, none=HIGH)
    assert both.verdict.startswith("advantage found: strong beats sham by +10.0 points")

    for arms in (
        {"sham": LOW, "lightgbm": HIGH},
        {"sham": HIGH, "lightgbm": LOW},
        {"sham": LOW},
        {"lightgbm": LOW, "none": LOW},
    ):
        assert group_of(module, strong=HIGH, **arms).verdict.startswith("no advantage found: ")
    assert group_of(module, strong=LOW, sham=HIGH, lightgbm=HIGH).verdict.startswith("no adv")
    assert "(no test)" in group_of(module, strong=[0.9], sham=[0.1], lightgbm=[0.1]).verdict


def test_differences_are_in_points_over_common_seeds_and_p_is_adjusted(module):
    group = group_of(module, strong=HIGH, sham=LOW[:4], lightgbm=LOW)
    sham, lightgbm = group.differences["sham"], group.differences["lightgbm"]

    assert (sham.paired.n, lightgbm.paired.n) == (4, 5)
    gaps = [100 * (high - low) for high, low in zip(HIGH, LOW, strict=True)]
    assert lightgbm.paired.mean == pytest.approx(statistics.fmean(gaps))
    expected = module("paired").paired(gaps, [0] * 5, test_train_ratio=20 / 80)
    assert lightgbm.paired.p == pytest.approx(expected.p)
    smaller, larger = sorted((sham, lightgbm), key=lambda one: one.paired.p)
    assert smaller.p_holm == pytest.approx(2 * smaller.paired.p)
    assert larger.p_holm == pytest.approx(max(larger.paired.p, smaller.p_holm))


def test_other_rows_make_no_pair(module):
    found = [
        result(module, "strong", 0, 0.9),
        result(module, "lightgbm", 0, 0.9, rows="other"),
    ]
    with pytest.raises(InputError, match="not scored on the same rows, so they make no pair"):
        module("score_table").aggregate(found)


def test_a_control_takes_the_settings_it_knows(module):
    from qfusion_core import Registry

    settings = ["quantum.options.layers=2", "quantum.options.readout=z", "training.epochs=3"]
    tasks = module("arms").plan(
        "wine", ["strong", "sham", "none"], [7], preset="strong", classical=None,
        settings=settings, lightgbm_threads=1, registry=Registry(),
    )  # fmt: skip
    strong, sham, none = (task.spec for task in tasks)
    assert strong.quantum.options["layers"] == 2
    assert sham.quantum.type == "sham" and "layers" not in sham.quantum.options
    assert sham.quantum.options["readout"] == strong.quantum.options["readout"] == "z"
    assert none.quantum.type == "none"
    assert {spec.training.epochs for spec in (strong, sham, none)} == {3}
    assert len({task.cell.folder for task in tasks}) == 1


def test_an_unknown_arm_is_told_what_the_hybrid_is_called(module, tmp_path, capsys):
    words = ["--data", "wine", "--preset", "hardware", "--arms", "strong", "--out", str(tmp_path)]
    assert module("scores").main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: arm 'strong': quantum: unknown quantum encoder 'strong'")
    assert line.endswith("; the hybrid is 'hardware'")
