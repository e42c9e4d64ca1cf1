"""The contract of remote devices holds against the service, on each kind of device."""

import os

import pytest

from qfusion_braket.device import Braket
from qfusion_core.testing import RemoteDeviceContract
from support.braket.access import REMOTE
from support.remote_circuit import QUICK


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


@pytest.mark.hardware
class TestAccount(RemoteDeviceContract):
    """QFUSION_BRAKET_DEVICE names the device, sv1 by default; credentials as ever. It costs."""

    component = Braket

    def options(self):
        device = os.environ.get("QFUSION_BRAKET_DEVICE", "sv1")
        return Braket.Options(device=device, shots=None if device in ("sv1", "dm1") else 1000)
