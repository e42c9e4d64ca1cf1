"""`--dry-run`: the plan on the machine's snapshot; nothing reaches the machine."""

import json

import pytest
from sklearn.datasets import load_wine

from support.command_line import QUICK
from support.second_device import THERE, SecondDevice


def test_it_sends_nothing_and_expects_what_the_snapshot_gives(shell, own, machine):
    words = ("evaluate", own, "--backend", "noisy-queue", "--samples", 9, "--dry-run")
    code, out, err = shell(*words, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert machine.requests == []
    assert not (own / "journal.sqlite").exists()
    assert (found["rows"], found["jobs"], found["snapshot"]) == (9, 1, "noisy")
    assert found["facts"] == {"settings": 1}
    assert found["price"]["usd"]["high"] > 0
    assert len(found["errors"]) == 10
    for error in found["errors"].values():
        assert abs(error["mean"]) <= error["rms"] + 1e-9 <= error["largest"] + 2e-9
    # readout error 3 and 6 %, 2000 shots: more than shot noise, less than all is lost
    assert 0.02 < max(error["rms"] for error in found["errors"].values()) < 0.3
    assert 0 <= found["agreement"] <= 1
    text = shell(*words)[1]
    assert "settings" in text
    assert "rms error" in text
    assert "Nothing was sent: this is the snapshot of noisy-queue" in text
    assert "about " in text


def test_the_plan_is_that_of_an_estimate(shell, own):
    words = (own, "--backend", "noisy-queue", "--samples", 7, "--json")
    estimate = json.loads(shell("estimate", *words)[1])
    dry = json.loads(shell("evaluate", *words, "--dry-run")[1])
    assert {key: dry[key] for key in ("rows", "jobs", "price")} == {
        key: estimate[key] for key in ("rows", "jobs", "price")
    }


def test_predict_takes_it_too(shell, own, machine, tmp_path):
    load_wine(as_frame=True).frame.drop(columns="target").to_csv(tmp_path / "x.csv", index=False)
    words = ("predict", own, "x.csv", "--backend", "noisy-queue", "--samples", 5, "--dry-run")
    code, out, _ = shell(*words, "--json")
    assert code == 0
    assert json.loads(out)["rows"] == 5
    assert machine.requests == []


def test_many_observables_are_shown_by_their_kind(shell, tmp_path):
    """In a document each has its own figures."""
    run = tmp_path / "run"
    many = ("--set", "quantum.options.qubits=6", "--set", "quantum.options.readout=z+zz-all")
    assert shell("train", "wine", *QUICK, *many, "--out", run)[0] == 0
    words = ("evaluate", run, "--backend", "noisy-queue", "--samples", 9, "--dry-run")
    errors = json.loads(shell(*words, "--json")[1])["errors"]
    assert len(errors) == 21
    text = shell(*words)[1]
    rows = {line.split("  ")[0]: line.split()[3:] for line in text.splitlines() if " x Z" in line}
    assert list(rows) == ["6 x Z", "15 x ZZ"]
    for name, shown in rows.items():
        alike = [error for word, error in errors.items() if word.count("Z") == name.count("Z")]
        mean = sum(error["mean"] for error in alike) / len(alike)
        rms = (sum(error["rms"] ** 2 for error in alike) / len(alike)) ** 0.5
        largest = max(error["largest"] for error in alike)
        assert shown == [f"{mean:+.4f}", f"{rms:.4f}", f"{largest:.4f}"]
    worst = max(errors, key=lambda word: errors[word]["largest"])
    said = f"21 observables in 1 measurement setting; the largest error is at {worst}."
    assert said in text.splitlines()
    code, text, err = shell("calibrate", run, "--backend", "noisy", "--samples", 8)
    assert code == 0, err
    assert [line.split("  ")[0] for line in text.splitlines()[1:3]] == list(rows)
    assert "21 observables in 1 measurement setting; noisy.yaml has each of them" in text
    assert "ZIIIII" in (run / "calibration" / "noisy.yaml").read_text()


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("queue", "backend 'queue': this machine has no snapshot that runs here; `qfusion estimat"),
        ("exact", "backend 'exact' runs on this machine and costs nothing; a dry run is of"),
        ("noisy", "backend 'noisy' runs on this machine and costs nothing; a dry run is of"),
    ],
)
def test_where_there_is_nothing_to_try(shell, own, machine, backend, said):
    code, _, err = shell("evaluate", own, "--backend", backend, "--dry-run")
    assert code == 2
    assert err.startswith(f"error: {said}")
    assert machine.requests == []


def test_the_default_backend_is_the_measure(shell, own, tmp_path):
    file = tmp_path / "backends.yaml"
    file.write_text(file.read_text().replace("default: exact", "default: sampled"))
    code, _, err = shell("evaluate", own, "--backend", "noisy-queue", "--dry-run")
    assert code == 2
    assert err == (
        "error: backend 'sampled' samples (1000 shots) and cannot be the reference; make an exact "
        "one the default of backends.yaml\n"
    )


def test_it_is_the_same_on_another_torch_device(shell, own):
    words = ("evaluate", own, "--backend", "noisy-queue", "--samples", 5, "--dry-run", "--json")
    here = json.loads(shell(*words)[1])
    with SecondDevice():
        code, out, err = shell(*words, "--device", THERE)
    assert (code, err) == (0, "")
    there = json.loads(out)
    for word, error in there["errors"].items():
        assert error["mean"] == pytest.approx(here["errors"][word]["mean"], abs=0.2)  # shots
    fixed = here.keys() - {"errors", "agreement"}  # these two are of draws
    assert {key: there[key] for key in fixed} == {key: here[key] for key in fixed}
