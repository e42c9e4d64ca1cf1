"""Run folders of which one file was damaged: a model with finite numbers, or one plain line."""

import copy
import json
import shutil

import pytest
import torch
import yaml

from qfusion_core import Registry, open_backend
from qfusion_core.config.presets import compose
from qfusion_core.runs.export import export
from qfusion_core.runs.folder import RunFolder, load_split
from qfusion_core.runs.loading import load_model
from qfusion_core.training.checkpoint import restore_training
from qfusion_core.training.state import start
from qfusion_core.workflows.train import train
from qfusion_core.workflows.training_run import fresh_model
from support.fuzz.mutations import damage, damage_bytes, written
from support.fuzz.oracle import command, outcome

pytestmark = pytest.mark.usefixtures("outside")
REGISTRY = Registry()  # nothing is looked for before it is asked
SETTINGS = (
    ["quantum.options.layers=1"],
    ["preprocess.classical=[quantile-normal, {pca: 0.9}]", "quantum.options.layers=1"],
)


class Cut(Exception):
    """Ends a training after its first epoch of two."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two trained runs of different transforms."""
    folder = tmp_path_factory.mktemp("runs")
    for number, settings in enumerate(SETTINGS):
        spec = compose(
            "hardware", "wine", settings=["training.epochs=1", *settings], registry=REGISTRY
        )
        train(spec, folder / str(number))
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory):
    """A training that was cut off, and a fresh model of its kind."""

    def stop(state):
        raise Cut

    folder = tmp_path_factory.mktemp("runs") / "cut"
    settings = ["training.epochs=2", *SETTINGS[0]]
    spec = compose("hardware", "wine", settings=settings, registry=REGISTRY)
    with pytest.raises(Cut):
        train(spec, folder, on_epoch=stop)
    split = load_split(spec.data, 0, REGISTRY)
    return folder, spec, fresh_model(spec, split, open_backend(), REGISTRY), len(split.train.y)


@pytest.fixture
def copied(tmp_path):
    """A fresh copy of a run each time that it is called."""
    run = tmp_path / "run"

    def _copied(source):
        shutil.rmtree(run, ignore_errors=True)
        return shutil.copytree(source, run)

    return _copied


def tensors(raw, random):
    """A safetensors file, damaged in its header, its notes, its length or its numbers."""
    size = int.from_bytes(raw[:8], "little")
    header, rest = json.loads(raw[8 : 8 + size]), raw[8 + size :]
    match random.choice(["header", "header", "notes", "bytes", "numbers", "length"]):
        case "header":
            header = damage(header, random, random.choice([1, 1, 2]))
        case "notes":
            notes = json.loads(header["__metadata__"]["notes"])
            header["__metadata__"]["notes"] = json.dumps(damage(notes, random))
        case "bytes":
            return damage_bytes(raw, random)
        case "numbers":
            start = random.randrange(0, len(rest) - 3, 4)
            odd = random.choice(
                [b"\xff\xff\xff\x7f", b"\xff\xff\x7f\x7f", b"\0\0\x80\xff", b"\1\0\0\0"]
            )
            rest = rest[:start] + odd + rest[start + 4 :]
        case "length":
            size = random.choice([0, 1, 2**40, 2**63, size + 8, size - 8])
            return size.to_bytes(8, "little") + raw[8:]
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + rest


def used(path):
    """What `predict` does with a folder."""
    folder = RunFolder.open(path, REGISTRY)
    model = load_model(folder, REGISTRY)
    sample = torch.zeros(2, *folder.config.input_shape)
    for branch in model.preprocess(sample):
        assert branch.isfinite().all()
    return folder


def test_configurations(rounds, runs, copied, capsys):
    for seed, random in rounds(20):
        run = copied(random.choice(runs))
        file = run / "config.yaml"
        file.write_bytes(written(yaml.safe_load(file.read_text()), random))
        taken = outcome(seed, used, run, about=run.name)
        if taken.value is not None and random.random() < 0.5:
            outcome(seed, taken.value.load_split, REGISTRY)
            outcome(seed, taken.value.read_metrics)
        if random.random() < 0.03:
            verb = random.choice([["evaluate"], ["estimate"]])
            command(capsys, seed, *verb, run, codes=(0, 1, 2))


def test_models(rounds, runs, copied, capsys):
    for seed, random in rounds(20):
        run = copied(random.choice(runs))
        file = run / "model.safetensors"
        file.write_bytes(tensors(file.read_bytes(), random))
        taken = outcome(seed, used, run, about=run.name)
        if random.random() < (0.1 if taken.value else 0.02):
            command(capsys, seed, "evaluate", run, "--json", codes=(0, 2))


def test_trainings(rounds, unfinished, copied, capsys):
    source, spec, model, rows = unfinished
    for seed, random in rounds(20):
        run = copied(source)
        file = run / "training.safetensors"
        file.write_bytes(tensors(file.read_bytes(), random))
        state = start(copy.deepcopy(model), spec.training, rows)
        taken = outcome(seed, restore_training, file, state, about=file.name)
        if random.random() < (0.05 if taken.said is None else 0.01):
            command(capsys, seed, "train", "--resume", run, codes=(0, 1, 2))


def test_histories_and_metrics(rounds, runs, copied, tmp_path):
    for seed, random in rounds(25):
        run = copied(runs[0])
        name = random.choice(["history.jsonl", "metrics.json", "README.md"])
        lines = (run / name).read_text().splitlines()
        if name == "history.jsonl":
            raw = "\n".join(json.dumps(damage(json.loads(line), random)) for line in lines).encode()
        elif name == "metrics.json":
            raw = json.dumps(damage(json.loads("".join(lines)), random)).encode()
        else:
            raw = damage_bytes("\n".join(lines).encode(), random)
        (run / name).write_bytes(damage_bytes(raw, random) if random.random() < 0.3 else raw)
        folder = RunFolder.open(run, REGISTRY)
        outcome(seed, folder.read_metrics, about=name)
        shutil.rmtree(tmp_path / "to", ignore_errors=True)
        outcome(seed, export, run, tmp_path / "to")
