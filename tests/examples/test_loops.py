"""Training loops that are not ours run as they stand, on the CPU and on a device beside it."""

import importlib
import pickle
import re
import runpy
import sys

import pytest
import torch
from sklearn.model_selection import cross_val_score
from skorch.helper import SliceDict

import qfusion_core
from qfusion_core import FusionClassifier, InputError
from support.places import ROOT
from support.second_device import THERE, SecondDevice

LOOPS = sorted(path.name for path in (ROOT / "examples" / "loops").glob("[a-z]*.py"))


@pytest.fixture
def said(monkeypatch, capsys):
    """Runs one: what it prints."""

    def _said(name, *words):
        monkeypatch.setattr(sys, "argv", [name, *words])
        runpy.run_path(str(ROOT / "examples" / "loops" / name), run_name="__main__")
        return capsys.readouterr().out

    return _said


def test_all_of_them_are_here():
    assert LOOPS == ["in_skorch.py", "plain_loop.py"]


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_trains_the_model(said, name):
    found = float(re.search(r"test accuracy ([\d.]+)", said(name, "--epochs", "8"))[1])
    assert found > 0.85  # three classes


def test_scikit_learn_takes_the_classifier_to_other_processes(monkeypatch):
    """With ``n_jobs`` it travels by pickle, which a device does not."""
    monkeypatch.syspath_prepend(ROOT / "examples" / "loops")
    loop = importlib.import_module("in_skorch")
    model, split = qfusion_core.untrained("wine", preset="hardware", backend="statevector")
    net = pickle.loads(pickle.dumps(loop.classifier(model, max_epochs=1, verbose=0)))
    given = {name: rows.numpy() for name, rows in loop.inputs(model, split.train).items()}
    scores = cross_val_score(net, SliceDict(**given), split.train.y, cv=2, error_score="raise")
    assert (scores > 0.3).all()


def test_the_plain_loop_runs_on_another_device(said):
    with SecondDevice():
        assert "test accuracy" in said("plain_loop.py", "--epochs", "1", "--device", str(THERE))


def test_what_a_training_starts_from_is_the_same_each_time():
    one, other = (qfusion_core.untrained("wine", preset="hardware", seed=3) for _ in range(2))
    assert isinstance(one.model, FusionClassifier) and one.model.device is not None
    for ours, theirs in zip(one.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    rows = torch.from_numpy(one.split.train.x)
    assert one.model(*one.model.preprocess(rows)).shape == (len(rows), 3)


def test_what_it_is_given_is_checked_as_that_of_a_training(failure):
    said = failure(InputError, qfusion_core.untrained, "wine", fusion="crossattention")
    assert "cross-attention" in said
    said = failure(InputError, qfusion_core.untrained, "wine", settings="noise.shots=10")
    assert said.startswith("noise: is injected by `train`")
    said = failure(InputError, qfusion_core.untrained, "wine", torch_device="gpu")
    assert said == "torch device: expected cpu, cuda, cuda:N or auto, got 'gpu'"
