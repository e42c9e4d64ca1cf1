"""Verbs on another torch device than the CPU: the same results, and it is written down."""

import json

import pytest
import torch

from qfusion_core import InputError, evaluate, predict, resume_training, train
from qfusion_core.runs.folder import RunFolder
from qfusion_core.storage.tensors import read_tensors, write_tensors
from support.second_device import THERE, SecondDevice, random_numbers

QUICK = [
    "training.epochs=2", "training.batch_size=64", "quantum.options.layers=1",
    "classical.options.dropout=0.3",
]  # fmt: skip
NAME = str(THERE)


class Cut(Exception):
    """Stands for whatever ends a training early."""


@pytest.fixture(scope="module")
def random():
    """Of the second device: torch looks for them once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, THERE.type, random_numbers(), raising=False)
        yield torch.get_device_module(THERE)


@pytest.fixture
def second(random):
    """A second torch device, which draws random numbers, too."""
    with SecondDevice():
        yield random


def trained(out, device="cpu", **more):
    return train(
        "wine", out, preset="hardware", backend="statevector", torch_device=device,
        **{"settings": QUICK, **more},
    )  # fmt: skip


def test_a_model_is_trained_there_to_the_same_scores(second, tmp_path):
    here, there = trained(tmp_path / "here"), trained(tmp_path / "there", NAME)
    assert (here.metrics["torch_device"], there.metrics["torch_device"]) == ("cpu", NAME)
    assert RunFolder.open(there.run).config.provenance["torch_device"] == NAME
    assert there.metrics["test"] == here.metrics["test"]
    for of in ("validation_loss", "train_loss"):
        found, wanted = (run.metrics["validation"][of] for run in (there, here))
        assert found == pytest.approx(wanted, abs=1e-4)


def test_cut_off_there_it_ends_there_like_an_uninterrupted_one(second, tmp_path):
    whole = trained(tmp_path / "whole", NAME)

    def cut(state):
        raise Cut

    with pytest.raises(Cut):
        trained(tmp_path / "cut", NAME, on_epoch=cut)
    saved, second.state = second.state, torch.zeros_like(second.state)
    resumed = resume_training(tmp_path / "cut", backend="statevector")
    assert torch.equal(second.state, saved)
    assert resumed.folder.model.read_bytes() == whole.folder.model.read_bytes()
    assert resumed.metrics["torch_device"] == NAME


def test_what_began_there_can_be_finished_here(second, tmp_path):
    def cut(state):
        raise Cut

    with pytest.raises(Cut):
        trained(tmp_path / "cut", NAME, on_epoch=cut)
    resumed = resume_training(tmp_path / "cut", backend="statevector", torch_device="cpu")
    assert resumed.metrics["torch_device"] == "cpu" and resumed.metrics["epochs"] == 2


def test_what_went_on_elsewhere_and_was_cut_off_again_goes_on_there(second, tmp_path):
    def cut(state):
        raise Cut

    run, three = tmp_path / "cut", {"settings": [*QUICK, "training.epochs=3"]}
    with pytest.raises(Cut):
        trained(run, on_epoch=cut, **three)
    with pytest.raises(Cut):
        resume_training(run, backend="statevector", torch_device=NAME, on_epoch=cut)
    resumed = resume_training(run, backend="statevector")
    assert (resumed.metrics["torch_device"], resumed.metrics["epochs"]) == (NAME, 3)


@pytest.mark.parametrize("name", ["gone", "meta", 3])
def test_where_it_was_is_named_if_it_is_not_here(second, tmp_path, failure, name):
    def cut(state):
        raise Cut

    with pytest.raises(Cut):
        trained(tmp_path / "cut", NAME, on_epoch=cut)
    path = RunFolder.open(tmp_path / "cut").training
    tensors, notes = read_tensors(path)
    write_tensors(path, tensors, notes | {"torch_device": name})
    said = failure(InputError, resume_training, tmp_path / "cut", backend="statevector")
    assert said.startswith(f"{path}: the training ran on another machine (torch device: ")
    assert said.endswith("; go on here with --device cpu")


def test_where_it_began_counts_before_its_first_epoch_is_kept(second, tmp_path, failure):
    """So it does where an older version kept it, which did not say where it was."""

    def cut(state):
        raise Cut

    with pytest.raises(Cut):
        trained(tmp_path / "cut", NAME, on_epoch=cut)
    folder = RunFolder.open(tmp_path / "cut")
    config = tmp_path / "cut" / "config.yaml"
    config.write_text(config.read_text().replace(f"torch_device: {NAME}", "torch_device: gone"))
    tensors, notes = read_tensors(folder.training)
    del notes["torch_device"]
    write_tensors(folder.training, tensors, notes)
    assert "'gone'" in failure(InputError, resume_training, folder.path, backend="statevector")
    folder.training.unlink()
    said = failure(InputError, resume_training, folder.path, backend="statevector")
    assert said.startswith(f"{config}: the training ran on another machine (torch device: ")


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float64])
def test_random_numbers_of_a_file_take_little_memory(second, tmp_path, failure, dtype):
    def cut(state):
        raise Cut

    with pytest.raises(Cut):
        trained(tmp_path / "cut", on_epoch=cut)
    path = RunFolder.open(tmp_path / "cut").training
    tensors, notes = read_tensors(path)
    size = 2**17 if dtype == torch.uint8 else 8
    numbers = torch.zeros(size, dtype=dtype)
    for more in ({"random.cuda": numbers}, {"random.x": numbers[:4], "random.y": numbers[:4]}):
        write_tensors(path, tensors | more, notes)
        said = failure(InputError, resume_training, tmp_path / "cut", backend="statevector")
        assert f"{next(iter(more))}: expected none of that name" in said


def test_a_run_is_evaluated_there_and_predicts_there(second, tmp_path):
    run = trained(tmp_path / "run").run
    table = tmp_path / "new.csv"
    names = RunFolder.open(run).config.features
    table.write_text("\n".join([",".join(names), ",".join(["1.5"] * len(names))]) + "\n")
    here, there = (evaluate(run, "statevector", torch_device=d) for d in ("cpu", NAME))
    assert here.scores == there.scores
    said = [json.loads(json.dumps(one.to_dict()))["provenance"] for one in (here, there)]
    assert [each["torch_device"] for each in said] == ["cpu", NAME]
    one, other = (predict(run, table, "statevector", torch_device=d) for d in ("cpu", NAME))
    assert one.predictions[0][1] == other.predictions[0][1]
    assert one.predictions[0][2] == pytest.approx(other.predictions[0][2], abs=1e-4)


def test_a_device_that_is_not_here_is_said_before_data_are_read(tmp_path, failure):
    table = tmp_path / "own.csv"
    table.write_text("a,b,label\n" + "1,2,x\n2,1,y\n" * 20)
    run = train(f"file:{table}", tmp_path / "run", settings=QUICK, backend="statevector").run
    table.unlink()
    for verb, words in ((evaluate, [run]), (predict, [run, table])):
        said = failure(InputError, verb, *words, torch_device="meta")
        assert said.startswith("torch device: meta cannot be used here (")
        assert "no such file" in failure(InputError, verb, *words)


def test_a_device_that_torch_does_not_know_costs_a_line(qfusion, tmp_path):
    run = trained(tmp_path / "run").run
    table = tmp_path / "new.csv"
    names = RunFolder.open(run).config.features
    table.write_text(f"{','.join(names)}\n{','.join('1' * len(names))}\n")
    tried = (["evaluate", run, "--dry-run"], ["predict", run, table, "--dry-run"])
    for words in (["train", "wine"], ["evaluate", run], ["predict", run, table], *tried):
        code, out, err = qfusion(*words, "--device", "gpu")
        assert (code, out) == (2, "")
        assert err == "error: torch device: expected cpu, cuda, cuda:N or auto, got 'gpu'\n"
