"""`qfusion refit`: rows are measured once, the encoders stay, a new run folder says where from."""

import json

import pytest
import torch
import yaml

import qfusion_core
from qfusion_core.runs.folder import RunFolder


@pytest.fixture
def refit(shell, own):
    return lambda backend, *words: shell("refit", own, "--backend", backend, *words)


def test_it_trains_fusion_and_head_and_leaves_the_encoders(refit, own, tmp_path):
    code, out, err = refit("noisy", "--epochs", 4)
    assert code == 0
    made = tmp_path / "wine-refit-noisy"
    assert out.endswith(f"run folder: {made}; test it with --backend noisy\n")
    assert [line.split(":")[0] for line in err.splitlines()] == [f"epoch {n}/4" for n in "1234"]
    before, after = (qfusion_core.load(run, "noisy") for run in (own, made))
    old, new = before.state_dict(), after.state_dict()
    changed = {
        name for name, tensor in old.items() if not torch.equal(tensor, new[name])
    }  # the z-score is taken anew, from the noisy values
    assert {name.partition(".")[0] for name in changed} == {"fusion", "head", "quantum"}
    assert all(n.startswith("quantum.standard.") for n in changed if n.startswith("quantum"))
    config = yaml.safe_load((made / "config.yaml").read_text())
    about = config["provenance"]["refit"]
    assert about["run"] == str(own)
    assert about["rows"] == "120 training and 22 validation rows, seed 0"
    assert (about["backend"], about["measurement"]) == ("noisy", None)
    assert config["spec"]["training"]["epochs"] == 4
    assert "Fusion and head were trained again on tokens that the backend `noisy`" in (
        (made / "README.md").read_text()
    )
    history = [json.loads(line) for line in (made / "history.jsonl").read_text().splitlines()]
    assert len(history) == 4


def test_what_it_keeps_is_what_it_was_judged_by(refit, own, tmp_path):
    """The saved model on the backend gives the validation scores of its best epoch."""
    out = json.loads(refit("noisy", "--epochs", 3, "--out", tmp_path / "new", "--json")[1])
    assert out["test"] is None
    part = RunFolder.open(tmp_path / "new").load_split(qfusion_core.Registry()).validation
    model = qfusion_core.load(tmp_path / "new", "noisy")
    with torch.no_grad():
        logits = model(*model.preprocess(torch.from_numpy(part.x)))
    loss = float(torch.nn.functional.cross_entropy(logits, torch.from_numpy(part.y)))
    assert loss == pytest.approx(out["validation"]["validation_loss"], abs=1e-4)


def test_a_second_epoch_and_a_second_refit_send_nothing(refit, own, machine, shell):
    assert refit("queue")[0] == 2
    assert not machine.jobs
    first = json.loads(refit("queue", "--epochs", 1, "--yes", "--json")[1])
    sent = len(machine.jobs)
    assert sent == 3  # 120 training and 22 validation rows, 50 in a job
    requests = len(machine.requests)
    second = json.loads(refit("queue", "--epochs", 5, "--json")[1])
    assert second["epochs"] == 5
    assert (len(machine.jobs), len(machine.requests)) == (sent, requests)
    assert first["refit"]["measurement"] == second["refit"]["measurement"] is not None
    assert first["run"] != second["run"]
    listed = json.loads(shell("jobs", own, "--json")[1])["measurements"]
    (measurement,) = [each for each in listed if each["jobs"]]
    assert measurement["id"] == first["refit"]["measurement"]
    assert measurement["verb"] == "refit"
    again = json.loads(refit("queue", "--epochs", 1, "--yes", "--again", "--json")[1])
    assert len(machine.jobs) == 2 * sent
    assert again["refit"]["measurement"] != first["refit"]["measurement"]


def test_samples_are_a_share_of_both_parts(refit, machine, own):
    out = json.loads(refit("queue", "--samples", 30, "--epochs", 1, "--yes", "--json")[1])
    assert out["rows"] == [30, 6, 0]
    assert sum(len(job["angles"]) for job in machine.jobs.values()) == 36


def test_early_stopping_is_that_of_the_training(refit, own):
    config = own / "config.yaml"
    config.write_text(config.read_text().replace("patience: 20", "patience: 1"))
    out = json.loads(refit("noisy", "--epochs", 200, "--json")[1])
    assert out["epochs"] < 200
    assert out["epochs"] - out["validation"]["epoch"] == 2


def test_what_is_refused(refit, own, shell, tmp_path, machine):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for words, said in [
        (("queue", "--out", "full", "--yes"), "full: exists already; choose another folder\n"),
        (("quue",), "unknown backend 'quue'"),
        (("queue", "--samples", 2, "--yes"), ": samples 2: no training row of class 'class_"),
        (("queue", "--samples", 500), "expected 1 to 120, the rows of the training part"),
    ]:
        code, _, err = refit(*words)
        assert code == 2
        assert said in err
    assert not machine.jobs
    quick = ("--preset", "hardware", "--set", "training.epochs=1")
    assert shell("train", "wine", *quick, "--quantum", "none", "--out", tmp_path / "none")[0] == 0
    code, _, err = shell("refit", tmp_path / "none", "--backend", "noisy")
    assert code == 2
    assert "the model has no circuit" in err
    assert refit("noisy", "--epochs", 1, "--out", "made")[0] == 0
    code, _, err = shell("calibrate", "made", "--backend", "noisy")
    assert code == 2
    assert "made: fusion and head were trained on raw values of 'noisy', which a" in err
    assert f"calibrate {own} instead" in err
