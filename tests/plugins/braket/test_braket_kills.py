"""SIGKILL anywhere in the AWS client; see `support.kills`."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from support.braket.server import environment as surroundings
from support.braket.server import running
from support.braket.service import Service
from support.keys import BRAKET as SECRET
from support.kills import Kills, Warm


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
