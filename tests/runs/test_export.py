"""`qfusion export`: the copy says nothing of where, who and which job."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pytest
import torch
from sklearn.datasets import load_wine

from qfusion_core import InputError, Registry, load
from qfusion_core.calibration.store import Calibration, write
from qfusion_core.cli import main
from qfusion_core.config.presets import compose
from qfusion_core.runs.export import export
from qfusion_core.runs.folder import RunFolder
from qfusion_core.runs.redact import without_paths
from qfusion_core.workflows.train import train

ACCOUNT, HOST = "123456789012", "laptop-of-ada.example"
CALIBRATION = {
    "backend": "ibm-fez", "device": "ibm", "options": "o", "circuit": "c", "samples": 2, "seed": 0,
    "reference": "statevector", "measurement": "0123456789abcdef", "measured": "2026-01-01",
    "observables": {"ZIII": {"scale": 1, "offset": 0, "raw_error": 0.1, "error": 0.1}},
    "provenance": {"versions": {}, "host": "secret-host", "path": "/home/ada"},
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """On a table in a folder whose name says who somebody is."""
    home = tmp_path_factory.mktemp("home") / "ada lovelace, private"
    home.mkdir()
    load_wine(as_frame=True).frame.to_csv(home / "wine.csv", index=False)
    spec = compose(
        "strong",
        f"file:{home / 'wine.csv'}",
        settings=["training.epochs=1", "classical.options.members=1"],
        registry=Registry(),
    )
    return train(spec, home / "run").run


@pytest.fixture
def run(trained, tmp_path):
    """With everything beside it that a run collects."""
    run = shutil.copytree(trained, tmp_path / "run")
    write(run, Calibration.model_validate(CALIBRATION))
    sqlite3.connect(run / "journal.sqlite").close()
    (run / "journal.sqlite").unlink()
    (run / "notes.txt").write_text(f"arn:aws:braket:us-east-1:{ACCOUNT}:quantum-task/1")
    (run / "training.safetensors").write_bytes(b"random state")
    config = (run / "config.yaml").read_text().splitlines()
    at = config.index("provenance:")
    extra = [
        "  refit:", "    backend: ibm-fez", "    run: /home/ada/runs/wine", "    rows: 3",
        "    measurement: 0123456789abcdef", f"    task: {ACCOUNT}",
        f"  host: {HOST}",
    ]  # fmt: skip
    (run / "config.yaml").write_text("\n".join([*config[: at + 1], *extra, *config[at + 1 :]]))
    metrics = json.loads((run / "metrics.json").read_text())
    metrics |= {"host": HOST, "task": ACCOUNT, "device": "/dev/ada"}
    (run / "metrics.json").write_text(json.dumps(metrics))
    return run


def test_the_copy_holds_what_is_listed_and_no_place_host_account_or_id(run, trained, tmp_path):
    made = export(run, tmp_path / "shared")
    assert set(made.files) == {
        "README.md", "calibration/ibm-fez.yaml", "config.yaml", "history.jsonl", "metrics.json",
        "model.safetensors",
    }  # fmt: skip
    for path in (tmp_path / "shared").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in (
            b"lovelace", b"private", b"/home/ada", b"/dev/ada", bytes(tmp_path), ACCOUNT.encode(),
            HOST.encode(), b"0123456789abcdef", b"secret-host",
        ):  # fmt: skip
            assert secret not in content, (path, secret)
    config = RunFolder.open(tmp_path / "shared").config
    assert config.spec.data.options["path"].endswith("wine.csv")
    assert config.data_source.startswith("wine.csv; 178 rows; sha256 of the file ")
    assert config.provenance["refit"] == {"backend": "ibm-fez", "rows": "3", "run": "wine"}
    remains = " ".join(made.remains)
    assert "names of 3 classes and 13 features" in remains
    assert "quantiles of each feature" in remains


def test_the_copy_loads_predicts_and_evaluates_as_the_run_does(
    run, trained, tmp_path, monkeypatch, capsys
):
    export(run, tmp_path / "shared")
    before, after = load(run), load(tmp_path / "shared")
    x = torch.rand(5, 13)
    assert torch.equal(before(*before.preprocess(x)), after(*after.preprocess(x)))
    monkeypatch.chdir(tmp_path)
    shutil.copy(trained.parent / "wine.csv", tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["evaluate", "shared", "--json"])
    assert not end.value.code
    scored = json.loads(capsys.readouterr().out)
    tested = json.loads((run / "metrics.json").read_text())["test"]
    assert scored["accuracy"] == tested["accuracy"]


def test_an_existing_target_is_refused_and_a_run_is_not_changed(run, tmp_path, capsys):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine").touch()
    with pytest.raises(InputError, match="exists already; choose another folder"):
        export(run, tmp_path / "there")
    with pytest.raises(InputError, match="sub: lies in the run itself; choose another folder"):
        export(run, run / "sub")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit) as end:
        main(["export", str(run), "--to", str(tmp_path / "new")])
    out = capsys.readouterr().out
    assert not end.value.code
    assert "it holds quantiles of each feature of the training part" in out
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_a_damaged_calibration_or_a_link_is_refused_and_nothing_is_written(run, tmp_path):
    (run / "calibration" / "x.yaml").symlink_to("/etc/passwd")
    with pytest.raises(InputError, match="is a link"):
        export(run, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/home/ada/t.csv; 5 rows", "t.csv; 5 rows"),
        ("C:\\Users\\ada\\t.csv; 5 rows", "t.csv; 5 rows"),
        ("~/data/t.csv", "t.csv"),
        ("https://example.org/a/b; CC BY 4.0", "https://example.org/a/b; CC BY 4.0"),
        ("doi:10.24432/C5PC7J", "doi:10.24432/C5PC7J"),
        ("training part, 32 rows, seed 0", "training part, 32 rows, seed 0"),
    ],
)
def test_paths_are_cut_to_their_last_part(text, kept):
    assert without_paths(text) == kept


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metrics.json", '{"rows": [1, 2, 3], "test": [1]}'),
        ("metrics.json", '{"rows": 5}'),
        ("metrics.json", '{"rows": [1e999, 2, 3]}'),
        ("history.jsonl", '{"epoch": 1e999}'),
    ],
)
def test_damaged_figures_are_one_line_and_nothing_is_written(run, tmp_path, name, text):
    (run / name).write_text(text)
    with pytest.raises(InputError, match=f"{name}: damaged or not written by qfusion"):
        export(run, tmp_path / "to")
    assert not (tmp_path / "to").exists()
