"""IBM's service on loopback, and devices that talk to it. No real address is ever contacted."""

import gc
import threading
from pathlib import Path

import pytest

from support import keys
from support.ibm import proxy
from support.ibm.service import CRN, Service


def pytest_collection_modifyitems(items):
    """The SDK leaves the connections open with which it has looked for instances."""
    left_open = "ignore:Exception ignored in. <(ssl.SSLSocket|socket.socket)"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            kind = "pytest.PytestUnraisableExceptionWarning"
            item.add_marker(pytest.mark.filterwarnings(f"{left_open}:{kind}"))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """For the one host that the SDK insists on."""
    return proxy.make_certificate(tmp_path_factory.mktemp("certificate"))


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
def isolated(request, monkeypatch, certificate, shared_cache, short_grace):
    """What is not for the stand-in goes nowhere."""
    if request.node.get_closest_marker("hardware"):
        return
    for name, value in proxy.environment("http://127.0.0.1:9", certificate).items():
        monkeypatch.setenv(name, value)
    for name in ("QISKIT_IBM_TOKEN", "QISKIT_IBM_INSTANCE", "QISKIT_IBM_URL", "QFUSION_PRICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))
    # the SDK reads the certificates of all the world for each client, and meets one host
    monkeypatch.setattr("requests.certs.where", lambda: str(certificate))


@pytest.fixture
def service(certificate, monkeypatch):
    """The service, running; requests of this process go there."""
    service = Service(keys.IBM)
    with proxy.running(service, certificate) as service.address:
        for name, value in proxy.environment(service.address, certificate).items():
            monkeypatch.setenv(name, value)
        yield service
    assert not service.errors


@pytest.fixture
def make(service):
    """Makes devices for the service."""
    from qfusion_ibm.device import IBM
    from support.ibm.access import REMOTE, credentials

    def _make(key=None, **options):
        return IBM(IBM.Options(**{**REMOTE, **options}), key or credentials())

    return _make


@pytest.fixture
def qfusion(request, qfusion, tmp_path, monkeypatch):
    """Runs the command line with the module's ``BACKENDS``: (exit code, standard output, error)."""
    from qfusion_core import trust

    monkeypatch.setenv("QISKIT_IBM_TOKEN", keys.IBM)
    monkeypatch.setenv("QISKIT_IBM_INSTANCE", CRN)
    (tmp_path / "backends.yaml").write_text(request.module.BACKENDS)
    trust(tmp_path / "backends.yaml")
    return qfusion
