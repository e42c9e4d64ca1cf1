"""A machine on loopback that can misbehave, and the example's device that talks to it."""

import shutil
import sys
from pathlib import Path

import pytest

from qfusion_core import QfusionError, trust
from qfusion_core.cli import main
from qfusion_core.remote.binding import Binding
from qfusion_core.remote.budget import Budget
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.measurement import Measurement

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS.parent / "examples" / "third_party_device"), str(TESTS / "shared")]
from remote_circuit import CIRCUIT, DATA, QUICK, WEIGHTS, WORDS  # noqa: E402

from machine import Machine  # noqa: E402
from qfusion_queue import Queue  # noqa: E402

SECRET = "tk-7fe2c1d0-not-for-you"


@pytest.fixture(autouse=True)
def installed(monkeypatch, tmp_path):
    """The example's device as if it were installed; no file of the user's is read or written."""
    others = [str(TESTS / "third_party" / name) for name in ("queue", "noisy")]
    monkeypatch.setattr(sys, "path", [*others, *sys.path])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("QFUSION_PRICES", raising=False)


@pytest.fixture
def machine():
    """A machine that runs; its address is `machine.url`."""
    machine = Machine(token=SECRET)
    with machine.running() as machine.url:
        yield machine


@pytest.fixture
def connect(machine):
    """Makes devices for the machine: one row in each job, quick polls."""

    def _connect(measurement=None, budget=None, **options):
        known = {"url": machine.url, "rows_per_job": 1, **QUICK, **options}
        device = Queue(Queue.Options(**known), Queue.Credentials(token=SECRET))
        budget = Budget(max_jobs=1000) if budget is None else budget
        measurement = measurement or Measurement()
        if measurement.approval.approve is None:  # a test that says nothing agrees to everything
            measurement.approval.approve = True
        device.bound = Binding("queue", budget, measurement)
        return device

    return _connect


@pytest.fixture
def measure(connect, tmp_path):
    """Opens a measurement in one folder and evaluates three rows: three jobs."""

    def _measure(verb="evaluate", subject="", *, data=DATA, budget=None, options=None, **rest):
        with Measurement(tmp_path / "run", verb, subject, **rest) as measurement:
            return connect(measurement, budget, **(options or {})).expectations(
                CIRCUIT, data, WEIGHTS, WORDS
            )

    return _measure


@pytest.fixture
def forward():
    """One call of a device: three rows."""
    return lambda device: device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)


@pytest.fixture
def journal(tmp_path):
    """The journal that `measure` writes."""
    return Journal(tmp_path / "run")


@pytest.fixture
def failure():
    """The one line with which a call fails, and its exit code."""

    def _failure(kind, call, *arguments, **options):
        with pytest.raises(kind) as failed:
            call(*arguments, **options)
        assert isinstance(failed.value, QfusionError)
        assert "\n" not in str(failed.value)
        assert SECRET not in str(failed.value)
        return str(failed.value)

    return _failure


NOISY_BACKENDS = """
version: 1
default: exact
backends:
  exact: {{type: statevector}}
  noisy: {{type: noisy, options: {{readout_error: [0.05, 0.1], two_qubit: 0.03}}}}
  sampled: {{type: noisy, options: {{shots: 1000, seed: 3}}}}
  secretive: {{type: noisy, options: {{declared: false}}}}
  queue: {{type: queue, options: &options
    {{url: "{url}", shots: 2000, rows_per_job: 50, poll_seconds: 0.002, poll_seconds_max: 0.01}},
    credentials: &credentials {{token: {{$env: QUEUE_TOKEN}}}}, budget: &budget {{max_jobs: 100}}}}
  noisy-queue: {{type: noisy-queue, options: *options, credentials: *credentials, budget: *budget}}
"""


@pytest.fixture(scope="session")
def wine(tmp_path_factory):
    """A trained model with a circuit of four qubits, not to be written to."""
    folder = tmp_path_factory.mktemp("wine") / "run"
    quick = ["--preset", "hardware", "--set", "training.epochs=3"]
    with pytest.raises(SystemExit) as end:
        main(["train", "wine", *quick, "--out", str(folder), "--json"])
    assert not end.value.code
    return folder


@pytest.fixture
def own(wine, tmp_path):
    """A copy of it."""
    return shutil.copytree(wine, tmp_path / "wine")


@pytest.fixture
def shell(machine, tmp_path, monkeypatch, capsys):
    """Runs the command line beside exact, noisy and queued backends: (code, output, error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)
    monkeypatch.setenv("QUEUE_TOKEN", SECRET)
    monkeypatch.setenv("QFUSION_TRACEBACK", "0")
    (tmp_path / "backends.yaml").write_text(NOISY_BACKENDS.format(url=machine.url))

    def _shell(*words):
        if (tmp_path / "backends.yaml").exists():  # as it is now: tests rewrite it
            trust(tmp_path / "backends.yaml")
        with pytest.raises(SystemExit) as end:
            main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert SECRET not in out + err
        return int(end.value.code or 0), out, err

    return _shell
