"""SIGKILL anywhere in the IBM client; see `remote_kills`."""

from contextlib import contextmanager
from pathlib import Path

import ibm_proxy
import pytest
from ibm_service import Service
from remote_kills import Kills, Warm

from .conftest import SECRET


@pytest.fixture(scope="module")
def warm():
    warm = Warm(Path(__file__).with_name("warm.py"))
    yield warm
    warm.close()


@pytest.fixture(scope="module")
def surroundings(certificate, shared_cache):
    """What a child needs to find a service."""

    def _surroundings(address):
        return {
            **ibm_proxy.environment(address, certificate),
            "XDG_CACHE_HOME": str(shared_cache),
            "XDG_CONFIG_HOME": str(shared_cache / "config"),
        }

    return _surroundings


@pytest.fixture(scope="module")
def serve(certificate, surroundings):
    @contextmanager
    def _serve():
        service = Service(SECRET)
        with ibm_proxy.running(service, certificate) as address:
            yield service, surroundings(address)

    return _serve


@pytest.fixture
def machine(service):
    return service


@pytest.fixture
def environment(service, surroundings):
    return surroundings(service.address)


class TestKills(Kills):
    @staticmethod
    def sent(machine):
        return (job["tags"][0] for job in machine.jobs.values())
