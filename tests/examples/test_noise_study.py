"""examples/benchmarks/noise_study.py runs, and says what it should."""

import importlib
import json
from pathlib import Path

import pytest

from support.keys import QUEUE as SECRET
from support.queue_fixtures import NOISY_BACKENDS


@pytest.fixture
def study(monkeypatch, tmp_path, machine, installed):
    folder = Path(__file__).parents[2] / "examples" / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("QUEUE_TOKEN", SECRET)
    file = tmp_path / "backends.yaml"
    file.write_text(NOISY_BACKENDS.format(url=machine.url))
    module = importlib.import_module("noise_study")
    given = ("--backends-file", str(file), "--out", str(tmp_path / "out"))
    return module, lambda *words: module.main([*words, *given])


def test_it_compares_all_arms(study, tmp_path):
    module, run = study
    quick = ("--set", "training.epochs=2", "--samples", "12")
    assert run("--backend", "noisy", "--seeds", "0", *quick) == 0
    document = json.loads((tmp_path / "out" / "noisy.json").read_text())
    means = document["summary"]["means"]
    assert set(means) == {*module.ARMS, "raw error", "calibrated error"}
    assert 0 < means["calibrated error"] < means["raw error"] / 3
    assert document["summary"][module.LATER] == 0
    (result,) = document["results"]
    assert result["noise"]["readout_error"] == [0.05, 0.1]
    assert "| calibrated error - raw error | -0." in (tmp_path / "out" / "noisy.md").read_text()


def test_a_backend_that_will_not_do(study, capsys):
    _, run = study
    for name, said in [
        ("queue", "backend 'queue' is remote; name one that runs here"),
        ("secretive", "noise.snapshot: backend 'secretive' (device 'noisy') tells no noise"),
        ("nosy", "unknown backend 'nosy'"),
    ]:
        assert run("--backend", name, "--seeds", "0", "--set", "training.epochs=1") == 2
        assert said in capsys.readouterr().err


@pytest.mark.usefixtures("study")
def test_intervals():
    module = importlib.import_module("paired_study")
    found = module.interval([1.0, 2.0, 3.0], 0.0)
    # t(0.975, 2) = 4.3027, standard error 1 / sqrt(3)
    assert found["mean"] == 2
    assert found["high"] == pytest.approx(2 + 4.3027 / 3**0.5, abs=1e-4)
    assert found["low"] == pytest.approx(4 - found["high"])
    assert module.interval([1.0], 0.1) == {"mean": 1.0, "low": None, "high": None}
