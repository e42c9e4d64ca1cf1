"""The contract of every remote device on this one, against a machine on loopback."""

import pytest

from machine import Machine
from qfusion_core.testing import RemoteDeviceContract
from qfusion_queue import Queue


class TestQueue(RemoteDeviceContract):
    component = Queue

    @pytest.fixture(autouse=True)
    def machine(self):
        with Machine().running() as self.url:
            yield

    def options(self):
        return Queue.Options(url=self.url, shots=20000, rows_per_job=5, poll_seconds=0.002)

    def connect(self):
        return Queue(self.options(), Queue.Credentials(token="let-me-in"))
