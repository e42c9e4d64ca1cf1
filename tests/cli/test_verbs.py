"""The command line as a user meets it: what it prints, what it refuses, how it exits."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.datasets import load_wine

from support.command_line import train_wine

QUICK = ["--preset", "hardware", "--set", "training.epochs=2"]


@pytest.fixture
def refuses(qfusion):
    """Runs a command line that must be refused as the user's mistake; gives the one line."""

    def run(*words: object) -> str:
        code, out, err = qfusion(*words)
        lines = [line for line in err.splitlines() if line]
        assert code == 2, (code, err)
        assert out == ""
        assert len(lines) == 1, lines
        assert lines[0].startswith("error: ")
        assert "Traceback" not in err
        return lines[0].removeprefix("error: ")

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train_wine(tmp_path_factory.mktemp("cli") / "run", "--set", "training.epochs=2")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "wine.csv"
    load_wine(as_frame=True).frame.to_csv(path, index=False)
    return path


def test_train_prints_lines_and_one_table(qfusion, tmp_path):
    code, out, err = qfusion("train", "wine", *QUICK, "--out", tmp_path / "run")
    assert code == 0
    assert [line.split(":")[0] for line in err.splitlines()] == ["epoch 1/2", "epoch 2/2"]
    titles, row, folder = out.splitlines()
    assert re.split(r"  +", titles.strip()) == ["part", "macro F1", "weighted F1", "accuracy"]
    scores = json.loads((tmp_path / "run" / "metrics.json").read_text())["test"]
    assert list(scores) == ["macro_f1", "weighted_f1", "accuracy"]
    assert row.split() == ["test", *(f"{score:.4f}" for score in scores.values())]
    assert folder == f"run folder: {tmp_path / 'run'}"


def test_train_without_out_makes_a_new_folder_each_time(qfusion, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert qfusion("train", "wine", *QUICK, "--seed", 4)[0] == 0
    names = sorted(path.name for path in Path("runs").iterdir())
    assert names == ["wine-hardware-seed4", "wine-hardware-seed4-2"]


@pytest.mark.parametrize(
    ("part", "control"), [("quantum", "sham"), ("quantum", "none"), ("fusion", "concat")]
)
def test_controls_train_and_evaluate(part, control, qfusion, tmp_path):
    run = tmp_path / "run"
    assert qfusion("train", "wine", *QUICK, f"--{part}", control, "--out", run)[0] == 0
    chosen = yaml.safe_load((run / "config.yaml").read_text())["spec"]
    others = {"quantum": "hardware-efficient", "fusion": "cross-attention"} | {part: control}
    assert {name: chosen[name]["type"] for name in others} == others
    code, out, _ = qfusion("evaluate", run, "--json")
    assert code == 0
    found = json.loads(out)
    scores = json.loads((run / "metrics.json").read_text())["test"]
    assert found["rows"] == 36
    assert {name: found[name] for name in scores} == scores
    assert 0.5 < found["macro_f1"] <= 1  # three classes: guessing gives a third


def test_evaluate_gives_the_test_scores_of_the_training(trained, qfusion):
    _, out, _ = qfusion("evaluate", trained, "--backend", "lightning", "--json")
    found = json.loads(out)
    test = json.loads((trained / "metrics.json").read_text())["test"]
    assert {key: found[key] for key in test} == test
    assert found["backend"] == "lightning"
    assert "torch" in found["provenance"]["versions"]


def test_evaluate_draws_samples(trained, qfusion):
    _, out, _ = qfusion("evaluate", trained, "--samples", 9, "--seed", 1, "--json")
    assert json.loads(out)["rows"] == 9


def test_predict_reads_columns_by_name_in_any_order(trained, table, tmp_path, qfusion):
    frame = pd.read_csv(table)
    frame.iloc[:, ::-1].to_csv(tmp_path / "turned.csv", index=False)
    _, straight, _ = qfusion("predict", trained, table)
    _, turned, _ = qfusion("predict", trained, tmp_path / "turned.csv")
    assert straight == turned
    lines = straight.splitlines()
    assert lines[0] == "row,class,probability"
    assert len(lines) == 1 + len(frame)
    _, out, _ = qfusion("predict", trained, table, "--json")
    rows = json.loads(out)
    assert {row["class"] for row in rows} <= {"class_0", "class_1", "class_2"}
    assert all(1 / 3 <= row["probability"] <= 1 for row in rows)


def test_compare_shows_what_the_tokens_do(trained, qfusion):
    words = ("compare", trained, "--backends", "lightning,default-qubit", "--samples", 6)
    code, out, _ = qfusion(*words)
    assert code == 0
    assert "With the quantum tokens set to zero: macro F1" in out
    assert "gate: no gate" in out
    report = json.loads(qfusion(*words, "--json")[1])
    assert [row["backend"] for row in report["backends"]] == [
        "statevector",
        "lightning",
        "default-qubit",
    ]
    reference, *others = report["backends"]
    assert reference["versus_reference"] is None
    assert all(row["versus_reference"]["expectation_error"]["largest"] < 1e-8 for row in others)
    assert set(report["without_tokens"]) == {"macro_f1", "weighted_f1", "accuracy"}


def test_a_users_table_is_trained_on_and_predicted(table, tmp_path, qfusion):
    frame = pd.read_csv(table)
    frame["target"] = frame["target"].map({0: "red", 1: "rosé", 2: "white"})
    frame.to_csv(table, index=False)
    run = tmp_path / "run"
    assert qfusion("train", f"file:{table}", *QUICK, "--out", run)[0] == 0
    assert qfusion("evaluate", run)[0] == 0
    _, out, _ = qfusion("predict", run, table, "--json")
    assert {row["class"] for row in json.loads(out)} <= {"red", "rosé", "white"}


def test_names_that_nobody_knows(refuses, trained):
    assert "unknown dataset 'wime'; did you mean 'wine'?" in refuses("train", "wime")
    assert "unknown preset 'stron'" in refuses("train", "wine", "--preset", "stron")
    assert "unknown fusion 'concta'" in refuses("train", "wine", "--fusion", "concta")
    assert "unknown quantum encoder" in refuses("train", "wine", "--quantum", "quantum")
    assert "unknown classical encoder" in refuses("train", "wine", "--classical", "mpl")
    line = refuses("evaluate", trained, "--backend", "statevectr")
    assert "unknown backend 'statevectr'" in line
    assert "did you mean 'statevector'?" in line
    line = refuses("train", "wine", "--backend", "statevectr", "--out", "/nonexistent/x")
    assert "did you mean 'statevector'?" in line
    assert "--sed" in refuses("train", "wine", "--sed", "3")
    assert "unknown key 'epoch', did you mean 'epochs'?" in refuses(
        "train", "wine", "--set", "training.epoch=2"
    )
    assert "no data set given" in refuses("train")


def test_backends_files(refuses, trained, tmp_path):
    def refused(text: str) -> str:
        path = tmp_path / "backends.yaml"
        path.write_text(text)
        line = refuses("evaluate", trained, "--backends-file", path)
        assert line.startswith(f"{path}:")
        return line.removeprefix(f"{path}:")

    head = "version: 1\ndefault: a\nbackends:\n"
    assert refused(head + "  a: {type: statevectr}\n").startswith("4:")
    assert "unknown key 'optoins', did you mean 'options'?" in refused(
        head + "  a: {type: statevector, optoins: {}}\n"
    )
    assert "twice, first in line 4" in refused(
        head + "  a: {type: statevector}\n  a: {type: pennylane}\n"
    )
    assert "tab" in refused(head + "\ta: {type: statevector}\n")
    secret = "  a:\n    type: statevector\n    credentials: {token: abc123secret}\n"
    line = refused(head + secret)
    assert "$env" in line
    assert "abc123secret" not in line
    shots = "  a: {type: pennylane, options: {device: default.qubit, shots: 0}}\n"
    assert "shots" in refused(head + shots)
    small = "  a: {type: pennylane, options: {device: default.qubit, wires: 2}}\n"
    path = tmp_path / "backends.yaml"
    path.write_text(head + small)
    assert refuses("evaluate", trained, "--backends-file", path) == (
        "the circuit has 4 qubits, device 'pennylane' has 2; use a quantum encoder with fewer "
        "qubits, or another backend"
    )


def test_run_folders(refuses, trained, tmp_path, table):
    assert "no such folder" in refuses("evaluate", tmp_path / "nowhere")
    cut = shutil.copytree(trained, tmp_path / "cut")
    (cut / "model.safetensors").write_bytes(b"\0" * 50)
    assert "cut short" in refuses("predict", cut, table)
    assert "cut short" in refuses("compare", cut, "--backends", "lightning")
    newer = shutil.copytree(trained, tmp_path / "newer")
    config = newer / "config.yaml"
    config.write_text(config.read_text().replace("format: 1", "format: 9", 1))
    assert "newer than this qfusion reads" in refuses("evaluate", newer)
    assert "exists already" in refuses("train", "wine", *QUICK, "--out", trained)
    assert "nothing to resume" in refuses("train", "--resume", trained)
    for more in (["wine"], ["--quantum", "sham"], ["--preset", "paper"]):
        assert "beside it give only --backend" in refuses("train", *more, "--resume", trained)


def broken(frame: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, str]]:
    text, missing, infinite = frame.copy(), frame.copy(), frame.copy()
    text["alcohol"] = [f"{n} high" for n in range(len(text))]
    missing["ash"] = np.nan
    infinite.loc[0, "hue"] = np.inf
    return {
        "no rows": (frame.iloc[:0], "no rows"),
        "one class": (frame[frame["target"] == 1], "class"),
        "NaN": (missing, "'ash'"),
        "infinity": (infinite, "'hue'"),
        "text": (text, "'alcohol'"),
    }


@pytest.mark.parametrize("fault", ["no rows", "one class", "NaN", "infinity", "text"])
def test_tables(fault, refuses, table, tmp_path):
    frame, what = broken(pd.read_csv(table))[fault]
    path = tmp_path / "broken.csv"
    frame.to_csv(path, index=False)
    line = refuses("train", f"file:{path}", *QUICK, "--out", tmp_path / "run")
    assert what in line
    assert str(path) in line
    assert not (tmp_path / "run").exists()


def test_tables_to_predict(refuses, trained, table, tmp_path):
    frame = pd.read_csv(table)
    frame.drop(columns="ash").to_csv(tmp_path / "few.csv", index=False)
    assert "'ash'" in refuses("predict", trained, tmp_path / "few.csv")
    assert "no such file" in refuses("predict", trained, tmp_path / "none.csv")


def test_more_features_than_qubits(refuses, tmp_path):
    words = ("--set", "preprocess.quantum=[standardise]", "--out", tmp_path / "run")
    line = refuses("train", "wine", *QUICK, *words)
    assert "13 features for 4 qubit(s)" in line


def test_an_interrupted_training_says_how_to_go_on(qfusion, tmp_path):
    run = tmp_path / "a run"

    def interrupt():
        while not (run / "history.jsonl").is_file():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    endless = ["--preset", "hardware", "--quantum", "none", "--set", "training.epochs=100000"]
    patient = ["--set", "training.patience=100000"]
    code, out, err = qfusion("train", "wine", *endless, *patient, "--out", run)
    assert (code, out) == (130, "")
    last = err.splitlines()[-1]
    assert last == f"error: interrupted; continue with `qfusion train --resume '{run}'`"
    assert (run / "training.safetensors").is_file()


def test_compare_wants_a_name(refuses, trained):
    assert "no name given" in refuses("compare", trained, "--backends", ",")
