"""The contract of remote devices holds here, and against the service."""

import os

import pytest

from qfusion_core import Measurement
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.money.budget import Budget
from qfusion_core.testing import RemoteDeviceContract
from qfusion_ibm.device import IBM
from support.ibm.access import REMOTE, credentials
from support.remote_circuit import CIRCUIT, DATA, QUICK, WEIGHTS, WORDS


class TestAer(RemoteDeviceContract):
    component = IBM

    def options(self):
        return IBM.Options(backend="aer", shots=4096, seed=1)


class TestSnapshot(RemoteDeviceContract):
    component = IBM
    tolerance = 0.25  # the noise of the machine

    def options(self):
        return IBM.Options(backend="fake_manila", shots=2000, seed=1)


class ServiceContract(RemoteDeviceContract):
    """What is promised of a machine at IBM, here on the stand-in or on a real account."""

    component = IBM
    tolerance = 0.3

    def test_a_batch_is_one_job_and_is_not_sent_again(self):
        """The values come out of the journal the second time."""
        values = []
        for _ in range(2):
            device = self.connect()
            with Measurement(self._scratch.name, "evaluate", approve=True) as measurement:
                device.bound = Binding("contract", Budget(max_jobs=1), measurement)
                values.append(device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS).tolist())
        assert values[0] == values[1]
        (job,) = measurement.journal.jobs.all()
        assert job.state == "done"
        assert device.fetch(measurement.journal.job(measurement.journal.call(job.at), job),
                            job.job_id).qpu_seconds is not None  # fmt: skip


class TestService(ServiceContract):
    @pytest.fixture(autouse=True)
    def on(self, service):
        self.service = service

    def options(self):
        return IBM.Options(**{**REMOTE, "shots": 2000}, **QUICK)

    def connect(self):
        return IBM(self.options(), credentials())


@pytest.mark.hardware
class TestMachine(ServiceContract):
    """QFUSION_IBM_BACKEND names the machine; token and instance as ever. It costs QPU minutes."""

    def options(self):
        backend = os.environ.get("QFUSION_IBM_BACKEND", "least-busy")
        return IBM.Options(backend=backend, shots=2000, max_execution_time=60)

    def connect(self):
        names = {"token": "QISKIT_IBM_TOKEN", "instance": "QISKIT_IBM_INSTANCE"}
        secrets = {key: os.environ[name] for key, name in names.items()}
        return IBM(self.options(), IBM.Credentials(**secrets))
