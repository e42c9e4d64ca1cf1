"""Where a training goes, what it shows, and that its own advice is taken."""

from __future__ import annotations

import re
import shlex

import numpy as np
import pandas as pd
import pytest

QUICK = ["--preset", "hardware", "--quantum", "none", "--set", "training.epochs=1"]


def test_the_default_folder_is_a_new_one_each_time_and_none_is_left_by_a_mistake(qfusion, tmp_path):
    for mistake in (["wine", "--backend", "nothing"], ["file:nothing.csv"]):
        code, _, err = qfusion("train", *mistake, *QUICK)
        assert (code, list(tmp_path.glob("runs/*"))) == (2, []), err
    for name in ("wine-hardware-seed0", "wine-hardware-seed0-2"):
        code, out, err = qfusion("train", "wine", *QUICK)
        assert (code, out.splitlines()[-1]) == (0, f"run folder: runs/{name}"), err
        assert re.search(r"validation macro F1 0\.\d+, score -?\d\.\d+ \(best -?\d\.\d+ in", err)


@pytest.mark.parametrize("name", ["No", "Yes", "True", "Null", "1.10", "007", "400.50", "12:30"])
def test_the_columns_that_an_error_says_to_drop_can_be_dropped_so(qfusion, tmp_path, name):
    random = np.random.default_rng(0)
    table = pd.DataFrame({"x": random.normal(size=40), name: [f"text {n}" for n in range(40)]})
    table["label"] = np.where(table["x"] > 0, "a", "b")
    table.to_csv(tmp_path / "t.csv", index=False)
    code, _, err = qfusion("train", "file:t.csv", *QUICK)
    assert code == 2
    advice = shlex.split(err[err.index("--set ") :])[:2]
    code, _, err = qfusion("train", "file:t.csv", *QUICK, *advice, "--out", "run")
    assert code == 0, err
    plain = ("--set", f"data.options.drop={name}")
    code, _, err = qfusion("train", "file:t.csv", *QUICK, *plain, "--out", "run2")
    assert code == 0 or name == "Null", err


def test_a_run_folder_is_only_read_by_what_only_reads(qfusion, tmp_path):
    code, _, err = qfusion("train", "wine", *QUICK, "--out", "run")
    assert code == 0, err
    run = tmp_path / "run"

    def state():
        paths = [run, *sorted(run.rglob("*"))]
        return {path: path.stat().st_mtime_ns for path in paths}

    before = state()
    for verb in ("evaluate", "estimate", "export"):
        words = {"export": ["--to", "copy"], "estimate": ["--backend", "statevector"]}
        code, _, err = qfusion(verb, "run", *words.get(verb, []))
        assert code in (0, 2), err
    assert state() == before


def test_an_address_in_a_run_folder_needs_the_option(qfusion, tmp_path, monkeypatch):
    monkeypatch.setenv("QFUSION_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("QFUSION_DATA", raising=False)
    code, _, err = qfusion("train", "wine", *QUICK, "--out", "run")
    config = tmp_path / "run" / "config.yaml"
    text = config.read_text()
    a, b = text.index("    type: wine"), text.index("  preprocess:")
    data = '    type: steel-plates-faults\n    options: {url: "http://127.0.0.1:9/x"}\n'
    config.write_text(text[:a] + data + text[b:])
    for verb in ("evaluate", "calibrate", "refit"):
        backend = [] if verb == "evaluate" else ["--backend", "statevector"]
        code, out, err = qfusion(verb, "run", *backend)
        assert (code, out) == (2, "")
        assert "add --allow-url" in err or "no circuit" in err
    code, out, err = qfusion("evaluate", "run", "--allow-url")
    assert code == 1
    assert "could not download" in err
