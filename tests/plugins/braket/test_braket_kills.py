"""SIGKILL anywhere in the AWS client; see `remote_kills`."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from braket_server import environment as surroundings
from braket_server import running
from braket_service import Service
from remote_kills import Kills, Warm

from .conftest import SECRET


@pytest.fixture(scope="module")
def warm():
    warm = Warm(Path(__file__).with_name("warm.py"))
    yield warm
    warm.close()


@pytest.fixture(scope="module")
def serve():
    @contextmanager
    def _serve():
        service = Service()
        with running(service) as address:
            yield service, surroundings(address, SECRET)

    return _serve


@pytest.fixture
def machine(service):
    return service


@pytest.fixture
def environment(service):
    return surroundings(service.address, SECRET)


class TestKills(Kills):
    @staticmethod
    def sent(machine):
        return (task["tags"]["qfusion"] for task in machine.tasks.values())

    @staticmethod
    def forget(machine):
        machine.forget()
