"""Amazon Braket on loopback, and devices that talk to it. No real address is ever contacted."""

import functools

import pytest

from qfusion_core import trust
from support import keys
from support.braket.access import REMOTE
from support.braket.server import environment, running
from support.braket.service import Service
from support.training_loop import require_nothing_lost

AWS = (
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN",
    "BRAKET_ENDPOINT", "QFUSION_PRICES", "AMZN_BRAKET_OUT_S3_BUCKET",
)  # fmt: skip
BACKENDS = """
version: 1
default: sv1
backends:
  statevector: {type: statevector}
  sv1:
    type: braket
    options: {device: sv1, shots: 1000, s3: "s3://results/loop", grace_seconds: 0.3,
              poll_seconds: 0.002, poll_seconds_max: 0.01}
    budget: {max_usd: 50}
  garnet:
    type: braket
    options: {device: iqm/Garnet, shots: 1000, s3: "s3://results/loop", grace_seconds: 0.3,
              poll_seconds: 0.002, poll_seconds_max: 0.01}
    budget: {max_usd: 9000}
"""


@pytest.fixture(autouse=True, scope="session")
def models_read_once():
    """boto reads megabytes of service models for each session; here all sessions share them."""
    import botocore.loaders

    shared = functools.cache(botocore.loaders.create_loader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders, "create_loader", shared)
        yield


@pytest.fixture(autouse=True)
def isolated(request, monkeypatch, short_grace):
    """What is not for the stand-in goes nowhere."""
    if request.node.get_closest_marker("hardware"):
        return
    for name, value in environment("http://127.0.0.1:9", keys.BRAKET).items():
        monkeypatch.setenv(name, value)
    for name in AWS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def service(monkeypatch):
    """The service, running; requests of this process go there."""
    service = Service()
    service.secret = keys.BRAKET
    with running(service) as service.address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.address)
        yield service
    assert not service.errors
    assert not service.leaked


@pytest.fixture
def make(service):
    """Makes devices for the service."""
    from qfusion_braket.device import Braket

    def _make(credentials=None, **options):
        return Braket(Braket.Options(**{**REMOTE, **options}), credentials)

    return _make


@pytest.fixture
def require_nothing_lost_there(forks, backends, service):
    """Kills a loop over Garnet at random moments: (more of `require_nothing_lost`)."""

    def _require(**more):
        undisturbed = Service()
        undisturbed.secret = keys.BRAKET
        with running(undisturbed) as address:
            require_nothing_lost(
                forks,
                backends,
                "garnet",
                [environment(each, keys.BRAKET) for each in (address, service.address)],
                lambda: [task["tags"]["qfusion"] for task in service.tasks.values()],
                **more,
            )

    return _require


@pytest.fixture
def backends(service, tmp_path, monkeypatch):
    """The working directory with the entries."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)
    (tmp_path / "backends.yaml").write_text(BACKENDS)
    trust(tmp_path / "backends.yaml")
    return tmp_path
