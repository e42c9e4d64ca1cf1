"""The fit loop: reproducible, resumable to the same bits, stopped by validation."""

from __future__ import annotations

import json
import os
import signal
import time

import numpy as np
import pytest
import torch

from qfusion_core import InputError, QfusionError, Registry, load
from qfusion_core.config.presets import compose
from qfusion_core.runs.folder import RunFolder
from qfusion_core.training.fit import class_weights
from qfusion_core.workflows.resume_training import resume_training
from qfusion_core.workflows.train import train

QUICK = ("training.epochs=4", "quantum.options.layers=1")


class Cut(Exception):
    """Stands for whatever ends a training early."""


def spec(*settings, preset="hardware", **choices):
    return compose(preset, "wine", settings=[*QUICK, *settings], registry=Registry(), **choices)


def weights(folder: RunFolder) -> bytes:
    return folder.model.read_bytes()


def test_the_same_seed_gives_the_same_bits(tmp_path):
    first = train(spec(), tmp_path / "a", backend="statevector").folder
    torch.rand(3)
    second = train(spec(), tmp_path / "b", backend="statevector").folder
    other = train(spec("training.seed=1"), tmp_path / "c", backend="statevector").folder
    assert weights(first) == weights(second) != weights(other)
    assert first.history.read_text() == second.history.read_text()


@pytest.mark.parametrize("cut_after", [1, 3])
@pytest.mark.parametrize("members", [1, 3])
def test_resumed_it_ends_like_an_uninterrupted_run(tmp_path, cut_after, members):
    choice = spec(f"classical.options.members={members}", "classical.options.dropout=0.3")
    whole = train(choice, tmp_path / "whole", backend="statevector").folder

    def cut(state):
        if len(state.history) == cut_after:
            raise Cut

    with pytest.raises(Cut):
        train(choice, tmp_path / "cut", backend="statevector", on_epoch=cut)
    assert not (tmp_path / "cut" / "model.safetensors").exists()
    with pytest.raises(InputError, match=r"has not finished; continue it with `qfusion train --re"):
        load(tmp_path / "cut")
    resumed = resume_training(tmp_path / "cut", backend="statevector").folder
    assert weights(resumed) == weights(whole)
    assert resumed.history.read_text() == whole.history.read_text()
    assert not resumed.training.exists()


def test_killed_it_loses_at_most_one_epoch(forks, tmp_path):
    """SIGKILL in the middle of the training, at a moment that nothing chose."""
    run, whole = tmp_path / "run", tmp_path / "whole"
    training = ["train", "wine", "--preset", "hardware", "--set", "training.epochs=40"]
    training += ["--set", "training.patience=40", "--out"]
    read, write = os.pipe()
    with open(read) as said, open(write, "w") as err:  # noqa: PTH123
        process = forks.start(*training, run, stderr=err)
        err.close()
        seen = 0
        for line in said:  # wait for some epochs, then kill without warning
            seen += line.startswith("epoch")
            if seen == 5:
                time.sleep(0.03)
                process.kill()
                break
    assert process.wait() == -signal.SIGKILL
    kept = len((run / "history.jsonl").read_text().splitlines())
    assert seen <= kept < 40
    for words in (["train", "--resume", run], [*training, whole]):
        done = forks.run(*words)
        assert done.returncode == 0, done.stderr
    assert (run / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_early_stopping_keeps_the_best_epoch(tmp_path):
    choice = spec("training.epochs=60", "training.patience=3", "training.learning_rate=0.01")
    folder = train(choice, tmp_path / "run", backend="statevector").folder
    lines = [json.loads(line) for line in folder.history.read_text().splitlines()]
    best = max(lines, key=lambda line: line["score"])
    assert len(lines) < 60
    assert len(lines) == best["epoch"] + 3 + 1
    assert folder.read_metrics()["validation"] == best
    model = load(folder.path, "statevector")
    validation = folder.load_split(Registry()).validation
    logits = model(*model.preprocess(torch.from_numpy(validation.x)))
    accuracy = (logits.argmax(1).numpy() == validation.y).mean()
    assert accuracy == pytest.approx(best["validation_accuracy"])


def test_transforms_are_fitted_on_the_training_part_only(tmp_path):
    folder = train(spec("preprocess.classical=[standardise]"), tmp_path / "run").folder
    split = folder.load_split(Registry())
    mean = load(folder.path).transforms["classical"].steps[0].mean
    np.testing.assert_allclose(mean, split.train.x.astype(float).mean(0))


def test_class_weights_have_mean_one_over_the_rows():
    y = np.array([0] * 80 + [1] * 20)
    assert torch.equal(class_weights(y, 0), torch.ones(2, dtype=torch.float64))
    found = class_weights(y, 0.5)
    assert float(found[1] / found[0]) == pytest.approx(2)
    assert float(found[torch.from_numpy(y)].mean()) == pytest.approx(1)


def test_a_diverging_training_says_what_to_lower(tmp_path):
    choice = spec("training.learning_rate=1e30", "training.clip_norm=null")
    with pytest.raises(QfusionError, match=r"epoch \d+: the training loss is .* lower training\."):
        train(choice, tmp_path / "run", backend="statevector")
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_a_batch_of_one_row_is_survived(tmp_path):
    train(spec("training.batch_size=17", "training.epochs=1"), tmp_path / "run")  # 120 = 7*17 + 1
