"""IBM's service on loopback, and devices that talk to it. No real address is ever contacted."""

import gc
import shutil
import sys
import threading
from pathlib import Path

import pytest

from qfusion_core import Angle, Circuit, Gate, Measurement, QfusionError, Term, trust
from qfusion_core.remote.binding import Binding
from qfusion_core.remote.budget import Budget
from qfusion_core.remote.journal.journal import Journal
from qfusion_ibm.device import IBM

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "shared")]
import ibm_proxy
from command_line import command_line, train_wine
from ibm_service import CRN, MACHINE, Service
from remote_circuit import CIRCUIT, DATA, QUICK, WEIGHTS, WORDS

SECRET = "tk-7fe2c1d0-not-for-you-but-as-long-as-a-key"

REMOTE = {"backend": MACHINE, "shots": 100}


def pytest_collection_modifyitems(items):
    """The SDK leaves the connections open with which it has looked for instances."""
    left_open = "ignore:Exception ignored in. <(ssl.SSLSocket|socket.socket)"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            kind = "pytest.PytestUnraisableExceptionWarning"
            item.add_marker(pytest.mark.filterwarnings(f"{left_open}:{kind}"))


def credentials(**changes):
    return IBM.Credentials(**{"token": SECRET, "instance": CRN, **changes})


def ring(n_wires=4, layers=3):
    """Data and weights in every layer, a ring of CNOTs: 12 data and 24 weight angles for four."""
    gates, weight = [], 0
    for _ in range(layers):
        for wire in range(n_wires):
            gates.append(Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))))
            for name in ("RY", "RZ"):
                gates.append(Gate(name, (wire,), Angle((Term("weight", weight, 1.0),))))
                weight += 1
        gates += [Gate("CNOT", (wire, (wire + 1) % n_wires)) for wire in range(n_wires)]
    return Circuit(n_wires, tuple(gates), n_wires, weight)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """For the one host that the SDK insists on."""
    return ibm_proxy.make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory):
    """Templates are transpiled once in all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True, scope="module")
def closed():
    """What the SDK has left open is collected while the filter above is in force."""
    yield
    gc.collect()


@pytest.fixture
def collect():
    """Collects the devices that nobody holds; what they have open is closed then."""

    def _collect():
        gc.collect()
        for thread in threading.enumerate():
            if thread.name.startswith("close "):
                thread.join(30)

    return _collect


@pytest.fixture(autouse=True)
def isolated(request, monkeypatch, tmp_path, certificate, shared_cache):
    """No file of the user's is read or written; what is not for the stand-in goes nowhere."""
    if request.node.get_closest_marker("hardware"):
        return
    for name, value in ibm_proxy.environment("http://127.0.0.1:9", certificate).items():
        monkeypatch.setenv(name, value)
    for name in ("QISKIT_IBM_TOKEN", "QISKIT_IBM_INSTANCE", "QISKIT_IBM_URL", "QFUSION_PRICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))


@pytest.fixture
def service(certificate, monkeypatch):
    """The service, running; requests of this process go there."""
    service = Service(SECRET)
    with ibm_proxy.running(service, certificate) as service.address:
        for name, value in ibm_proxy.environment(service.address, certificate).items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.fixture
def connect(service):
    """Makes devices for the service: one row in each job, quick polls."""

    def _connect(measurement=None, budget=None, **options):
        known = {**REMOTE, "rows_per_job": 1, **QUICK, **options}
        device = IBM(IBM.Options(**known), credentials())
        budget = Budget(max_jobs=1000) if budget is None else budget
        measurement = measurement or Measurement()
        if measurement.approval.approve is None:  # a test that says nothing agrees to everything
            measurement.approval.approve = True
        device.bound = Binding("ibm", budget, measurement)
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


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A trained model with a circuit of four qubits and one measurement setting."""
    return train_wine(tmp_path_factory.mktemp("ibm") / "run")


@pytest.fixture
def run(trained, tmp_path):
    """A copy for each test: its journal is under the key of this test's user."""
    return shutil.copytree(trained, tmp_path / "run")


@pytest.fixture
def qfusion(request, tmp_path, monkeypatch, capsys):
    """Runs the command line with the module's ``BACKENDS``: (exit code, standard output, error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QISKIT_IBM_TOKEN", SECRET)
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", CRN)
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)
    (tmp_path / "backends.yaml").write_text(request.module.BACKENDS)
    trust(tmp_path / "backends.yaml")
    return command_line(capsys, SECRET)


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
