"""Measurements on the remote device that a folder's fixture ``make`` makes."""

import math

import pytest


@pytest.fixture
def short_grace(monkeypatch):
    """No test waits for minutes: grace and lease may be shorter than a request."""
    from qfusion_core.remote.options import RemoteOptions

    monkeypatch.setattr(RemoteOptions, "margin_seconds", -math.inf)


@pytest.fixture
def connect(make, short_grace):
    """Makes devices: one row in each job, quick polls."""
    from qfusion_core import Measurement
    from qfusion_core.remote.adapter.binding import Binding
    from qfusion_core.remote.money.budget import Budget
    from support.remote_circuit import QUICK

    def _connect(measurement=None, budget=None, **options):
        device = make(**{"rows_per_job": 1, **QUICK, **options})
        budget = Budget(max_jobs=1000) if budget is None else budget
        measurement = measurement or Measurement()
        if measurement.approval.approve is None:  # a test that says nothing agrees to everything
            measurement.approval.approve = True
        device.bound = Binding(device.name, budget, measurement)
        return device

    return _connect


@pytest.fixture
def forward():
    """One call of a device: three rows."""
    from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

    return lambda device, data=DATA: device.expectations(CIRCUIT, data, WEIGHTS, WORDS)


@pytest.fixture
def measure(connect, forward, tmp_path):
    """Opens a measurement in one folder and evaluates three rows: three jobs.

    What is no setting of a measurement is an option of the device.
    """
    from qfusion_core import Measurement
    from support.remote_circuit import DATA

    settings = ("again", "wait", "on_progress", "say")

    def _measure(verb="evaluate", subject="", *, data=DATA, budget=None, **named):
        given = {name: named.pop(name) for name in settings if name in named}
        with Measurement(tmp_path / "run", verb, subject, **given) as measurement:
            return forward(connect(measurement, budget, **named), data)

    return _measure


@pytest.fixture
def journal(tmp_path):
    """The journal that `measure` writes."""
    from qfusion_core.remote.journal.journal import Journal

    return Journal(tmp_path / "run")
