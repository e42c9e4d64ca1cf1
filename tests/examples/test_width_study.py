"""examples/studies/width runs, goes on where it stopped, and reports what it found."""

import json
from pathlib import Path

import pytest

STUDIES = Path(__file__).parents[2] / "examples" / "studies"


@pytest.fixture
def study(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(STUDIES))
    from width import cells, measured, plateaus, study

    monkeypatch.setattr(cells, "DATA", {"wine": "wine"})
    monkeypatch.setattr(cells, "QUBITS", (3,))
    monkeypatch.setattr(cells, "LAYERS", (1,))
    monkeypatch.setattr(cells, "SEEDS", (10,))
    monkeypatch.setattr(cells, "SETTINGS", ("training.epochs=1",))
    monkeypatch.setattr(study, "DATA", cells.DATA)
    monkeypatch.setattr(study, "SEEDS_ON_MACHINES", cells.SEEDS)
    monkeypatch.setattr(measured, "ROWS", 5)
    monkeypatch.setattr(plateaus, "DRAWS", 4)
    monkeypatch.setattr(plateaus, "QUBITS", cells.QUBITS)
    monkeypatch.setattr(plateaus, "ENTANGLERS", {"brick": (3,)})
    monkeypatch.setattr("width.report.DATA", cells.DATA)
    monkeypatch.setattr("width.plots.DATA", cells.DATA)
    where = ("--out", str(tmp_path / "out"), "--runs", str(tmp_path / "runs"))
    return lambda part: study.main([part, *where])


def rows(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.vendor
def test_it_goes_from_trainings_to_tables(study, tmp_path, capsys):
    assert study("train") == 0
    trained = rows(tmp_path / "out" / "trained.jsonl")
    assert [(row["arm"], row["qubits"]) for row in trained] == [
        ("none", None), ("sham", 3), ("circuit", 3),
    ]  # fmt: skip
    assert all(0 < row["attention_entropy"] <= 1 for row in trained[1:])

    file = tmp_path / "out" / "trained.jsonl"
    file.write_text(file.read_text()[:-20])  # as a power cut leaves it
    assert study("train") == 0
    again = rows(file)
    assert again[:2] == trained[:2]
    assert again[2] | {"cpu_seconds": 0} == trained[2] | {"cpu_seconds": 0}

    assert study("machines") == 0
    found = rows(tmp_path / "out" / "machines.jsonl")
    assert {(row["machine"], row["qubits"]) for row in found} == {("fez", 3), ("garnet", 3)}
    for row in found:
        assert min(row["error"], row["error_of_shots"]) > 0
        if row["machine"] == "garnet":  # reads every fortieth qubit wrongly
            assert row["error"] > row["error_of_shots"]
        assert row["facts"]["settings"] == 1

    assert study("plateaus") == 0
    assert study("report") == 0
    table = (tmp_path / "out" / "width.md").read_text()
    assert "| circuit | 3 | 1 | 1 |" in table and "| wine | fez | 1 | 3 | 1 | 1 | 0 |" in table
    for name in ("scores", "machines", "plateaus"):
        assert (tmp_path / "out" / f"{name}.svg").read_text().startswith("<?xml")


def test_differences_are_those_of_the_same_seed(study):
    from width.summary import paired

    circuits = [{"seed": 10, "macro_f1": 0.9}, {"seed": 11, "macro_f1": 0.8}]
    shams = [{"seed": 11, "macro_f1": 0.5}]
    found = paired(circuits, shams, "macro_f1")
    assert (round(found.mean, 9), found.seeds) == (0.3, 1)
    assert paired(circuits, [], "macro_f1") is None


def test_one_change_is_taken_if_it_helps_beyond_chance(study, monkeypatch, tmp_path, capsys):
    from width import tune

    better, worse = "quantum.options.a=1", "fusion.options.b=1"

    def score(data, seed, changes):
        value = 0.5 + 0.1 * (better in changes) - 0.1 * (worse in changes) + 0.001 * seed
        return {
            "data": data, "seed": seed, "changes": list(changes), "score": value, "cpu_seconds": 0,
        }  # fmt: skip

    monkeypatch.setattr(tune, "score", score)
    monkeypatch.setattr(tune, "CHANGES", (better, worse))
    tune.tune(tmp_path, 1)
    text = (tmp_path / "tuned.md").read_text()
    assert f"Taken: {better}." in text and "the preset as it was: +0.1000" in text
    trainings = 3 * len(tune.SEEDS) + 2 * len(tune.CONFIRMING_SEEDS)
    assert len(rows(tmp_path / "tuned.jsonl")) == trainings * len(tune.DATA)
