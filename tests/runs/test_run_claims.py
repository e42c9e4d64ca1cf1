"""Two trainings that start at the same time never share a folder; one that runs is not resumed."""

from __future__ import annotations

import os
import signal

import pytest

from qfusion_core import InputError, Registry
from qfusion_core.config.presets import compose
from qfusion_core.runs.claim import claimed, new_folder, training_lock
from qfusion_core.runs.folder import RunFolder
from qfusion_core.workflows.resume_training import resume_training
from qfusion_core.workflows.train import train

QUICK = ["training.epochs=2", "quantum.options.layers=1"]


CREATE = """
import sys
from pathlib import Path
from qfusion_core import InputError, Registry
from qfusion_core.config.presets import compose
from qfusion_core.runs.folder import RunFolder, load_split, new_folder
from qfusion_core.provenance import provenance

path, kind, claim = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "True"
registry = Registry()
spec = compose("hardware", "wine", quantum=kind, registry=registry)
split = load_split(spec.data, 0, registry)
provenance()
print("ready", flush=True)
sys.stdin.readline()
try:
    print(RunFolder.create(new_folder(path) if claim else path, spec, split).path)
except InputError as error:
    print("refused:", error)
"""


@pytest.mark.parametrize("claim", [True, False])
def test_two_processes_never_get_one_folder(forks, tmp_path, claim):
    """Both have done all but choosing a folder when they are told to go on."""
    place = tmp_path / "run"
    both = {kind: forks.talk(place, kind, claim, code=CREATE) for kind in ("sham", "none")}
    for process in both.values():
        assert process.stdout.readline() == "ready\n"
    for process in both.values():
        process.stdin.write("go\n")
        process.stdin.flush()
    got = {kind: process.communicate()[0].strip() for kind, process in both.items()}
    made = {kind: path for kind, path in got.items() if not path.startswith("refused")}
    if claim:
        assert set(made.values()) == {str(place), str(tmp_path / "run-2")}
    else:
        (refused,) = set(got.values()) - set(made.values())
        assert "exists already; choose another folder" in refused
        assert list(made.values()) == [str(place)]
    for kind, path in made.items():
        assert RunFolder.open(path).config.spec.quantum.type == kind


def test_many_threads_get_many_folders(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_folder(tmp_path / "a" / "run"), range(24)))
    assert len(set(made)) == 24
    assert {path.name for path in made} == {"run", *(f"run-{n}" for n in range(2, 25))}


def test_a_claim_that_comes_to_nothing_leaves_nothing(tmp_path):
    class Fails(Exception):
        pass

    for out in (None, tmp_path / "named"):
        with pytest.raises(Fails), claimed(out, tmp_path / "default") as path:
            path.mkdir(exist_ok=True)
            raise Fails
    assert not list(tmp_path.iterdir())
    mine = tmp_path / "empty"
    mine.mkdir()
    with pytest.raises(Fails), claimed(mine, tmp_path / "default"):
        raise Fails
    assert mine.is_dir(), "what the user made stays"
    with claimed(None, tmp_path / "default") as path:
        (path / "kept").touch()
    assert (tmp_path / "default" / "kept").exists()


TRAIN = """
import sys
from qfusion_core import Registry
from qfusion_core.config.presets import compose
from qfusion_core.workflows.train import train

def stop(state):
    print("epoch", flush=True)
    sys.stdin.readline()

settings = ["training.epochs=3"]
spec = compose("hardware", "wine", quantum="none", settings=settings, registry=Registry())
train(spec, sys.argv[1], on_epoch=stop)
"""


def test_a_run_that_is_being_trained_is_not_resumed_and_one_whose_process_died_is(forks, tmp_path):
    run = tmp_path / "run"
    process = forks.talk(run, code=TRAIN)
    try:
        assert process.stdout.readline() == "epoch\n"
        with pytest.raises(InputError) as refused:
            resume_training(run)
        assert f"{run}: is being trained by process {process.pid} on " in str(refused.value)
    finally:
        process.kill()
        assert process.communicate()[1] == -signal.SIGKILL
    folder = resume_training(run).folder
    assert folder.read_metrics()["epochs"] == 3
    assert {path.name for path in run.iterdir()} == {
        "config.yaml", "model.safetensors", "history.jsonl", "metrics.json", "README.md",
    }  # fmt: skip


def test_a_lock_is_not_made_through_a_link(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (tmp_path / "training.lock").symlink_to(outside)
    with (
        pytest.raises(InputError, match=r"training\.lock: cannot write it"),
        training_lock(tmp_path),
    ):
        pass
    assert outside.read_text() == "mine"


def test_a_training_that_cannot_begin_leaves_its_place_free(tmp_path):
    spec = compose(
        "hardware",
        "wine",
        settings=[*QUICK, "training.learning_rate=1e30", "training.clip_norm=null"],
        quantum="none",
        registry=Registry(),
    )
    with pytest.raises(Exception, match="lower training"):
        train(spec, tmp_path / "run")
    spec = compose("hardware", "wine", settings=QUICK, quantum="none", registry=Registry())
    train(spec, tmp_path / "run")


def test_a_lock_that_is_a_file_elsewhere_too_is_not_written(tmp_path):
    outside, run = tmp_path / "outside", tmp_path / "run"
    run.mkdir()
    outside.write_text("mine")
    os.link(outside, run / "training.lock")
    with training_lock(run):
        assert outside.read_text() == "mine"
