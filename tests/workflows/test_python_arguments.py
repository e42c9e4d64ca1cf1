"""What a verb is given in Python and cannot take: one line that names the argument."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qfusion_core
from qfusion_core import InputError, JobOptions
from qfusion_core.runs.folder import RunFolder

FOLDER = '"." is the working directory'
SWITCHES = {
    "raw": (qfusion_core.evaluate, qfusion_core.predict, qfusion_core.compare, qfusion_core.load),
    "allow_url": (
        qfusion_core.evaluate, qfusion_core.calibrate, qfusion_core.refit, qfusion_core.compare,
        qfusion_core.estimate, qfusion_core.dry_run, qfusion_core.resume_training,
    ),
    "offline": (qfusion_core.doctor, qfusion_core.estimate),
    "ask": (qfusion_core.estimate,),
}  # fmt: skip
MORE = {  # what stands behind the run
    qfusion_core.predict: ("rows.csv",),
    qfusion_core.export: ("copy",),
    qfusion_core.compare: ("exact",),
    qfusion_core.calibrate: ("exact",),
    qfusion_core.refit: ("exact",),
    qfusion_core.estimate: ("exact",),
}
RUNS = [
    qfusion_core.evaluate, qfusion_core.jobs, qfusion_core.resume_training, qfusion_core.dry_run,
    qfusion_core.load, *MORE,
]  # fmt: skip


@pytest.fixture(autouse=True)
def here(shell, tmp_path):
    """Backends of `shell` are those of the working directory, trusted."""
    qfusion_core.trust(tmp_path / "backends.yaml")


@pytest.fixture
def refused(failure):
    return lambda verb, *words, **options: failure(InputError, verb, *words, **options)


@pytest.mark.parametrize("value", [None, 3, b"run", ""])
@pytest.mark.parametrize("verb", RUNS, ids=lambda verb: verb.__name__)
def test_a_run_is_a_path(refused, verb, value):
    shown = f"a {type(value).__name__}" if isinstance(value, bytes) else repr(value)
    line = refused(verb, value, *MORE.get(verb, ()))
    assert line == f"run: expected a path, got {shown}; {FOLDER}"


def test_so_are_other_files_and_folders(refused, own):
    for argument, call in {
        "file": lambda: qfusion_core.predict(own, None),
        "to": lambda: qfusion_core.export(own, None),
        "out": lambda: qfusion_core.train("wine", 3),
        "backends file": lambda: qfusion_core.evaluate(own, backends_file=3),
        "run": lambda: qfusion_core.doctor("exact", run=3),
        "runs": lambda: qfusion_core.adopt_jobs(3),
    }.items():
        assert refused(call).startswith(f"{argument}: expected a path, got ")


@pytest.mark.parametrize(
    ("switch", "verb"),
    [(switch, verb) for switch, verbs in SWITCHES.items() for verb in verbs],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_switch_is_true_or_false(refused, own, switch, verb):
    words = () if verb is qfusion_core.doctor else (own, *MORE.get(verb, ()))
    line = refused(verb, *words, **{switch: "no"})
    assert line == f"{switch}: expected True or False; got 'no'"


def test_truth_values_of_numpy_are_taken(own):
    assert qfusion_core.evaluate(own, "exact", samples=5, raw=np.bool_(True)).rows == 5
    assert JobOptions(again=np.bool_(False)).again == False  # noqa: E712


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"again": "no"}, "again: expected True or False; got 'no'"),
        ({"wait": None}, "wait: expected True or False; got None"),
        ({"on_price": 3}, "on_price: expected a function, or None; got 3"),
        ({"on_progress": []}, "on_progress: expected a function, or None; got a list"),
        ({"say": "x"}, "say: expected a function, or None; got 'x'"),
    ],
)
def test_options_of_jobs(refused, options, line):
    assert refused(JobOptions, **options) == line


def test_jobs_are_options_or_none(refused, own, tmp_path):
    for verb in (qfusion_core.evaluate, qfusion_core.calibrate, qfusion_core.compare):
        line = refused(verb, own, "exact", jobs={"wait": False})
        assert line == "jobs: expected qfusion_core.JobOptions(...), or None; got a dict"
    assert refused(qfusion_core.train, "wine", jobs=3).startswith("jobs: expected qfusion_core.Job")
    assert qfusion_core.evaluate(own, "exact", samples=5, jobs=None).rows == 5


def test_backends_are_names_or_open_devices(refused, own):
    said = "expected a name in backends.yaml, an open device, or None; got 3"
    assert refused(qfusion_core.load, own, 3) == f"backend: {said}"
    assert refused(qfusion_core.train, "wine", backend=3) == f"backend: {said}"
    assert refused(qfusion_core.resume_training, own, backend=3) == f"backend: {said}"
    line = refused(qfusion_core.open_backend, 3)
    assert line == "name: expected the name of a backend, or None; got 3"


def test_components_of_a_training_are_names(refused):
    line = refused(qfusion_core.train, "wine", fusion=3)
    assert line.startswith("fusion: expected the name of a component, as ")
    assert line.endswith(", or None; got 3")


def test_nobody_is_told_where_none_is_given(refused, own, tmp_path):
    small = {"preset": "hardware", "settings": "training.epochs=1", "backend": "exact"}
    seen = []
    made = qfusion_core.train(
        "wine", tmp_path / "new", on_start=None, on_epoch=seen.append, jobs=None, **small
    )
    assert [repr(state) for state in seen] == ["TrainingState(epoch=1, best=1)"]
    assert [state.epoch for state in seen] == [1]
    assert repr(made.folder) == f"RunFolder({str(tmp_path / 'new')!r})"
    assert repr(made).startswith(f"TrainResult(folder={made.folder!r}, metrics=")
    assert qfusion_core.compare(own, "sampled", samples=5, on_start=None).failed == []
    for verb in (qfusion_core.train, qfusion_core.resume_training):
        words = ("wine",) if verb is qfusion_core.train else (own,)
        line = refused(verb, *words, on_epoch=3)
        assert line == "on_epoch: expected a function, or None; got 3"


@pytest.mark.parametrize("data", ["measurements.csv", "./table", "gone.parquet", Path("table")])
def test_a_bare_file_is_told_how_it_is_named(refused, data):
    Path("table").write_text("a,label\n")
    line = refused(qfusion_core.train, data)
    assert 'did you mean "file:table"?' in line or f"did you mean file:{data}?" in line


def test_a_file_called_as_a_data_set_stands_in_nobodys_way(tmp_path):
    Path("wine").write_text("red\n")
    made = qfusion_core.train(
        "wine", "new", preset="hardware", quantum="none", settings=["training.epochs=1"]
    )
    assert made.run == Path("new")


def test_a_folder_that_is_taken_is_told_what_can_be_done(refused, own, tmp_path):
    spec = RunFolder.open(own).config.spec
    (tmp_path / "file").touch()
    for place in ("file", own):
        line = refused(qfusion_core.train, spec, place, backend="exact")
        assert line.endswith(": exists already; choose another folder")

    def stop(state):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        qfusion_core.train(spec, "cut", backend="exact", on_epoch=stop)
    line = refused(qfusion_core.train, spec, "cut", backend="exact")
    assert line.endswith("choose another folder, or continue it with `qfusion train --resume cut`")


def test_an_error_says_samples_as_both_doors_call_them(refused, own):
    line = refused(qfusion_core.evaluate, own, "exact", samples=1000)
    assert line == "samples 1000: expected 1 to 36, the rows of the test part"
    line = refused(qfusion_core.calibrate, own, "sampled", samples=99999)
    assert line == "samples 99999: expected 2 to 120, the rows of the training part"
    line = refused(qfusion_core.compare, own, "exact", "sampled")
    assert line.endswith("and cannot be the reference; name an exact one as reference")
    line = refused(qfusion_core.estimate, own, "queue", ask=True, offline=True)
    assert line == "ask needs the network, which offline forbids; leave one of them out"
