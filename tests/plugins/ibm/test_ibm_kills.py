"""SIGKILL anywhere in the IBM client; see `support.kills`."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from support.ibm import proxy
from support.ibm.service import Service
from support.keys import IBM as SECRET
from support.kills import Kills, Warm


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
            **proxy.environment(address, certificate),
            "XDG_CACHE_HOME": str(shared_cache),
            "XDG_CONFIG_HOME": str(shared_cache / "config"),
        }

    return _surroundings


@pytest.fixture(scope="module")
def serve(certificate, surroundings):
    @contextmanager
    def _serve():
        service = Service(SECRET)
        with proxy.running(service, certificate) as address:
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
