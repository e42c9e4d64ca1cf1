"""The contract of remote devices holds against the service, on each kind of device."""

import pytest

from qfusion_braket.device import Braket
from qfusion_core.testing import RemoteDeviceContract

from .conftest import QUICK, REMOTE


class ServiceContract(RemoteDeviceContract):
    component = Braket

    @pytest.fixture(autouse=True)
    def on(self, service):
        self.service = service


class TestSimulator(ServiceContract):
    """Exact."""

    def options(self):
        return Braket.Options(**{**REMOTE, "device": "sv1", "shots": None}, **QUICK)


class TestQPU(ServiceContract):
    """With few gates, and program sets."""

    def options(self):
        return Braket.Options(**{**REMOTE, "shots": 1000}, **QUICK)
