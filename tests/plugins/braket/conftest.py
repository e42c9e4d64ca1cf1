"""Amazon Braket on loopback, and devices that talk to it. No real address is ever contacted."""

import functools
import sys
from pathlib import Path

import pytest

from qfusion_braket.device import Braket
from qfusion_core import Measurement, QfusionError
from qfusion_core.remote.binding import Binding
from qfusion_core.remote.budget import Budget
from qfusion_core.remote.journal.journal import Journal

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "shared")]
from braket_server import environment, running
from braket_service import Service
from command_line import train_wine
from remote_circuit import CIRCUIT, DATA, QUICK, WEIGHTS, WORDS

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REMOTE = {"device": "iqm/Garnet", "shots": 100, "s3": "s3://results/here"}
AWS = (
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN",
    "BRAKET_ENDPOINT", "QFUSION_PRICES", "AMZN_BRAKET_OUT_S3_BUCKET",
)  # fmt: skip


@pytest.fixture(autouse=True, scope="session")
def models_read_once():
    """boto reads megabytes of service models for each session; here all sessions share them."""
    import botocore.loaders

    shared = functools.cache(botocore.loaders.create_loader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders, "create_loader", shared)
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A trained model with a circuit of four qubits and one measurement setting."""
    return train_wine(tmp_path_factory.mktemp("wine") / "run")


@pytest.fixture(autouse=True)
def isolated(request, monkeypatch, tmp_path):
    """No file of the user's is read or written; what is not for the stand-in goes nowhere."""
    if request.node.get_closest_marker("hardware"):
        return
    for name, value in environment("http://127.0.0.1:9", SECRET).items():
        monkeypatch.setenv(name, value)
    for name in AWS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def service(monkeypatch):
    """The service, running; requests of this process go there."""
    service = Service()
    service.secret = SECRET
    with running(service) as service.address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.address)
        yield service
    assert not service.errors
    assert not service.leaked


@pytest.fixture
def connect(service):
    """Makes devices for the service: one row in each job, quick polls."""

    def _connect(measurement=None, budget=None, credentials=None, **options):
        known = {**REMOTE, "rows_per_job": 1, **QUICK, **options}
        device = Braket(Braket.Options(**known), credentials)
        budget = Budget(max_jobs=1000) if budget is None else budget
        measurement = measurement or Measurement()
        if measurement.approval.approve is None:  # a test that says nothing agrees to everything
            measurement.approval.approve = True
        device.bound = Binding("braket", budget, measurement)
        return device

    return _connect


@pytest.fixture
def measure(connect, tmp_path):
    """Opens a measurement in one folder and evaluates three rows: three jobs."""

    def _measure(verb="evaluate", *, budget=None, wait=True, **options):
        with Measurement(tmp_path / "run", verb, wait=wait) as measurement:
            return connect(measurement, budget, **options).expectations(
                CIRCUIT, DATA, WEIGHTS, WORDS
            )

    return _measure


@pytest.fixture
def journal(tmp_path):
    """The journal that `measure` writes."""
    return Journal(tmp_path / "run")


@pytest.fixture
def failure():
    """The one line with which a call fails."""

    def _failure(kind, call, *arguments, **options):
        with pytest.raises(kind) as failed:
            call(*arguments, **options)
        assert isinstance(failed.value, QfusionError)
        assert "\n" not in str(failed.value)
        assert SECRET not in str(failed.value)
        return str(failed.value)

    return _failure
