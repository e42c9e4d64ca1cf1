"""The verbs as functions: what they refuse before anything is bought, and whom they tell what."""

from __future__ import annotations

import functools
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest

import qfusion_core
from qfusion_core import InputError, JobOptions, open_backend
from qfusion_core.runs.folder import RunFolder

PAID = JobOptions(approve=True)
SEED = "seed: expected a whole number, 0 to 4294967295; got "
NAMED = "backend: expected a name in backends.yaml, got a Noisy; an open device is taken "


@pytest.fixture(autouse=True)
def here(shell, tmp_path):
    """Backends of `shell` are those of the working directory, trusted; jobs may be bought."""
    qfusion_core.trust(tmp_path / "backends.yaml")


@pytest.fixture
def refused(failure, machine):
    """The line with which a verb refuses, and that it bought nothing."""

    def _refused(verb, *arguments, **options):
        line = failure(InputError, verb, *arguments, **options)
        assert not machine.jobs
        return line

    return _refused


VERBS = {
    "calibrate": (qfusion_core.calibrate, "queue"),
    "compare": (qfusion_core.compare, ["queue"]),
    "dry_run": (qfusion_core.dry_run, "queue"),
    "evaluate": (qfusion_core.evaluate, "queue"),
    "predict": (qfusion_core.predict, "no file", "queue"),
    "refit": (qfusion_core.refit, "queue"),
}
PAYS = [name for name in VERBS if name != "dry_run"]


def called(verb, own):
    function, *words = VERBS[verb]
    jobs = {"jobs": PAID} if verb in PAYS else {}
    return functools.partial(function, own, *words, **jobs)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, None, True])
def test_a_seed_that_is_none_is_refused_before_anything_is_bought(refused, own, verb, seed):
    assert refused(called(verb, own), samples=5, seed=seed) == f"{SEED}{seed!r}"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("samples", [0, 2.0, "5"])
def test_so_are_samples(refused, own, verb, samples):
    least = 2 if verb == "calibrate" else 1
    line = refused(called(verb, own), samples=samples)
    assert line == f"samples: expected a whole number, {least} or more; got {samples!r}"


def test_a_calibration_takes_two_rows(refused, own):
    line = refused(called("calibrate", own), samples=1)
    assert line == "samples: expected a whole number, 2 or more; got 1"


@pytest.mark.parametrize("epochs", [0, 1.5])
def test_a_refit_takes_one_epoch(refused, own, epochs):
    line = refused(called("refit", own), epochs=epochs)
    assert line == f"epochs: expected a whole number, 1 or more; got {epochs}"


def test_whole_numbers_of_numpy_are_whole_numbers(own):
    assert qfusion_core.evaluate(own, "exact", samples=np.int64(5), seed=np.uint32(2)).rows == 5


@pytest.mark.parametrize("seed", [-1, 0.5])
def test_the_seed_of_a_training_has_the_same_limits(refused, seed):
    assert refused(qfusion_core.train, "wine", seed=seed) == f"{SEED}{seed}"


@pytest.mark.parametrize(("data", "said"), [(None, "None"), (["wine"], "a list")])
def test_what_is_no_data_set_is_refused(refused, tmp_path, data, said):
    assert refused(qfusion_core.train, data, tmp_path / "new") == (
        'data: expected a data set as on the command line, such as "wine", or a RunSpec; got '
        f"{said}"
    )


@pytest.mark.parametrize("verb", VERBS)
def test_an_open_device_is_told_who_takes_it(refused, own, verb):
    device = open_backend("noisy")
    function, *words, _ = VERBS[verb]
    last = [device] if verb == "compare" else device
    line = refused(functools.partial(function, own, *words), last)
    assert line.startswith(NAMED)
    assert line.endswith("`qfusion_core.load(run, device)`, whose model is called with rows")


@pytest.mark.parametrize("verb", ["calibrate", "refit"])
def test_a_verb_without_a_default_says_so(refused, own, verb):
    line = refused(VERBS[verb][0], own, None)
    assert line.startswith("backend: expected a name in backends.yaml, got None; ")


@pytest.fixture
def table(tmp_path):
    """Thirty rows of two classes."""
    lines = [f"{row % 7},{row % 5},{'ab'[row % 2]}" for row in range(30)]
    (tmp_path / "table.csv").write_text("\n".join(["first,second,label", *lines]) + "\n")
    return "file:table.csv"


SMALL = {"preset": "hardware", "settings": ["training.epochs=1"]}
CIRCUIT = [
    "training.epochs=1",
    "quantum.options.layers=1",
    "quantum.options.qubits=2",
    "preprocess.quantum=[standardise]",
]


def test_beside_a_specification_nothing_is_dropped(refused, own):
    spec = RunFolder.open(own).config.spec
    line = refused(qfusion_core.train, spec, seed=3, preset="strong", quantum="sham", settings=[])
    assert line == (
        "preset, quantum, seed: not beside a RunSpec, which says it itself; change the "
        "specification (`spec.model_copy`), or give the name of a data set"
    )
    made = qfusion_core.train(spec.model_copy(update={"noise": None}), "again", backend="exact")
    assert made.folder.config.spec.training == spec.training


def test_a_key_that_is_missing_is_said_before_data_are_read(refused, monkeypatch):
    monkeypatch.delenv("QUEUE_TOKEN")
    Path("words.csv").write_text("words\n")
    line = refused(qfusion_core.train, "file:words.csv", backend="queue", **SMALL)
    assert "the environment variable QUEUE_TOKEN is not set" in line


def test_so_is_a_snapshot_that_there_is_not(refused):
    Path("words.csv").write_text("words\n")
    settings = ["noise.snapshot=nosy"]
    line = refused(qfusion_core.train, "file:words.csv", preset="hardware", settings=settings)
    assert line.startswith("unknown backend 'nosy'")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"wait": False}, "wait=False: a training waits for its values, the next job depends on"),
        ({"again": True}, "again=True: a training takes no value that was measured before"),
    ],
)
def test_a_training_has_no_use_for_some_options_of_jobs(refused, table, own, options, said):
    jobs = JobOptions(approve=True, **options)
    assert said in refused(qfusion_core.train, table, backend="queue", jobs=jobs, **SMALL)
    assert said in refused(qfusion_core.resume_training, own, backend="queue", jobs=jobs)


def test_a_training_tells_how_its_jobs_are(machine, table):
    seen, priced = [], []
    jobs = JobOptions(
        approve=True,
        on_progress=seen.append,
        on_price=lambda backend, price: priced.append(backend),
    )
    qfusion_core.train(table, "m", preset="hardware", settings=CIRCUIT, backend="queue", jobs=jobs)
    assert {progress.backend for progress in seen} == set(priced) == {"queue"}
    assert len(machine.jobs) >= 1


@pytest.fixture
def home(own, tmp_path, monkeypatch):
    """A run in the user's home, ``~/h``, away from the working directory."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Path(shutil.copytree(own, tmp_path / "home" / "h"))


def test_a_tilde_is_the_home_of_the_user_for_every_verb(home, tmp_path, table):
    made = [
        qfusion_core.evaluate("~/h", "queue", samples=5, jobs=PAID).run,
        qfusion_core.calibrate("~/h", "queue", samples=4, jobs=PAID).run,
        qfusion_core.compare("~/h", ["sampled"], samples=5).run,
        qfusion_core.jobs("~/h").run,
        qfusion_core.export("~/h", "~/copy").run,
    ]
    assert made == [home] * len(made)
    assert (home / "calibration" / "queue.yaml").is_file()
    refitted = qfusion_core.refit("~/h", "queue", epochs=1, jobs=PAID)
    assert refitted.run == home.with_name("h-refit-queue")
    trained = qfusion_core.train(table, "~/m", preset="hardware", settings=CIRCUIT, backend="exact")
    assert trained.run == home.with_name("m")
    assert [row["verb"] for row in qfusion_core.jobs("~/h").measurements] == [
        "evaluate", "calibrate", "refit"
    ]  # fmt: skip
    assert not (tmp_path / "~").exists()


def test_a_measurement_and_the_doctor_mean_the_same_home(home, tmp_path):
    assert qfusion_core.Measurement("~/h").folder == home
    assert qfusion_core.Measurement("~/new").folder == home.with_name("new")
    assert any(str(home) in each.detail for each in doctor_findings("~/h"))
    assert not (tmp_path / "~").exists()


def doctor_findings(run):
    examined = qfusion_core.doctor(["queue"], run=run).backends
    return [finding for backend in examined for finding in backend.findings]


@pytest.mark.parametrize("verb", ["evaluate", "predict", "compare"])
def test_verbs_are_silent_but_for_who_is_called(own, capsys, caplog, verb):
    qfusion_core.calibrate(own, "sampled", samples=8)
    words = {
        "evaluate": ("sampled",),
        "compare": (["sampled"],),
        "predict": ("rows.csv", "sampled"),
    }
    Path("rows.csv").write_text(wine_rows(own))
    told = []
    with caplog.at_level(logging.WARNING):
        getattr(qfusion_core, verb)(own, *words[verb])
    assert capsys.readouterr() == ("", "")
    assert not caplog.records
    getattr(qfusion_core, verb)(own, *words[verb], jobs=JobOptions(say=told.append))
    (line,) = told
    assert line.startswith("sampled: calibrated on ")


def wine_rows(run):
    config = RunFolder.open(run).config
    return "\n".join([",".join(config.features), ",".join("1" for _ in config.features)]) + "\n"


def test_a_line_that_nobody_takes_is_logged_and_the_command_line_prints_it(own, shell, caplog):
    qfusion_core.calibrate(own, "sampled", samples=8)
    with caplog.at_level(logging.INFO, logger="qfusion_core.told"):
        qfusion_core.evaluate(own, "sampled", samples=5)
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage().startswith("sampled: calibrated on ")
    _, _, err = shell("evaluate", own, "--backend", "sampled", "--samples", 5)
    assert err == f"{record.getMessage()}\n"


def test_each_backend_is_told_before_it_runs_the_reference_too(own, shell):
    started = []
    qfusion_core.compare(
        own, ["noisy", "sampled"], samples=5, on_start=lambda *x: started.append(x)
    )
    assert started == [("exact", 5), ("noisy", 5), ("sampled", 5)]
    _, _, err = shell("compare", own, "--backends", "noisy,sampled", "--samples", 5)
    assert err == "noisy: 5 rows\nsampled: 5 rows\n"


def test_backends_that_can_be_gone_through_once_are_all_compared(own):
    compared = qfusion_core.compare(own, iter(["noisy", "sampled"]), samples=5)
    assert [row.backend for row in compared.report.backends] == ["exact", "noisy", "sampled"]
    (_, alone) = qfusion_core.compare(own, "sampled", samples=5).report.backends
    assert alone.backend == "sampled"


@pytest.mark.parametrize("none", [[], (), None, iter(())])
def test_no_backends_are_refused(refused, own, none):
    line = refused(qfusion_core.compare, own, none)
    assert line == 'backends: expected a list of names, e.g. ["lightning", "aer"]'


def test_one_name_is_no_list_of_letters(refused, table):
    (examined,) = qfusion_core.doctor("exact").backends
    assert examined.name == "exact"
    line = refused(qfusion_core.doctor, [3])
    assert line == "names: expected names in backends.yaml; got 3"
    made = qfusion_core.train(
        table, "m", preset="hardware", settings="training.epochs=1", backend="exact"
    )
    assert made.metrics["epochs"] == 1


@pytest.mark.parametrize(
    ("settings", "said"), [({"training.epochs": 1}, "a dict"), ([3], "3"), (b"a=1", "a bytes")]
)
def test_settings_are_texts(refused, settings, said):
    line = refused(qfusion_core.train, "wine", settings=settings)
    assert line == f'settings: expected texts, such as ["training.epochs=20"]; got {said}'
