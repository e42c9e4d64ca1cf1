"""A machine on loopback that can misbehave, and the example's device that talks to it."""

import shutil

import pytest

from support import keys
from support.command_line import train_wine
from support.places import EXAMPLE, THIRD_PARTY

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


@pytest.fixture
def installed(monkeypatch, short_grace):
    """The example's device as if it were installed, and one with noise."""
    for folder in (EXAMPLE, THIRD_PARTY / "queue", THIRD_PARTY / "noisy"):
        monkeypatch.syspath_prepend(folder)
    monkeypatch.delenv("QFUSION_PRICES", raising=False)


@pytest.fixture
def machine():
    """A machine that runs; its address is `machine.url`."""
    from machine import Machine

    machine = Machine(token=keys.QUEUE)
    with machine.running() as machine.url:
        yield machine


@pytest.fixture
def make(machine):
    """Makes devices for the machine, of the example's kind or one that is made of it."""
    from qfusion_queue import Queue

    def _make(kind=Queue, **options):
        options = kind.Options(**{"url": machine.url, **options})
        return kind(options, kind.Credentials(token=keys.QUEUE))

    return _make


@pytest.fixture(scope="session")
def wine(tmp_path_factory):
    """A trained model with a circuit of four qubits, not to be written to."""
    folder = tmp_path_factory.mktemp("wine") / "run"
    return train_wine(folder, "--set", "training.epochs=3")


@pytest.fixture
def own(wine, tmp_path):
    """A copy of it."""
    return shutil.copytree(wine, tmp_path / "wine")


@pytest.fixture
def shell(qfusion, machine, installed, tmp_path, monkeypatch):
    """Runs the command line beside exact, noisy and queued backends: (code, output, error)."""
    from qfusion_core import trust

    monkeypatch.setenv("QUEUE_TOKEN", keys.QUEUE)
    (tmp_path / "backends.yaml").write_text(NOISY_BACKENDS.format(url=machine.url))

    def _shell(*words):
        if (tmp_path / "backends.yaml").exists():  # as it is now: tests rewrite it
            trust(tmp_path / "backends.yaml")
        return qfusion(*words)

    return _shell
