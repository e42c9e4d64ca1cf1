"""The contract of remote devices holds for the example's, and fails where one breaks a promise."""

import pytest

from qfusion_core import Price, Range, Result, tiles
from qfusion_core.testing import ReferenceDevice, RemoteDeviceContract
from qfusion_queue import Queue
from support.keys import QUEUE as SECRET
from support.remote_circuit import QUICK


class TestQueue(RemoteDeviceContract):
    component = Queue

    @pytest.fixture(autouse=True)
    def on(self, machine):
        self.machine = machine

    def options(self):
        return self.component.Options(url=self.machine.url, shots=20000, rows_per_job=5, **QUICK)

    def connect(self):
        return self.component(self.options(), Queue.Credentials(token=SECRET))


class LeavesOut(Queue):
    def plan(self, circuit, angles, observables):
        return super().plan(circuit, angles, observables)[:1]


class Forgets(Queue):
    def find(self, key):
        return None


class Waits(Queue):
    def status(self, job_id):
        return super().status(job_id)._replace(state="COMPLETED")


class Sourceless(Queue):
    def price(self, job):
        return Price(len(job.angles), self.shots * len(job.angles), usd=Range(1, 2))


class TooCheap(Queue):
    def price(self, job):
        return Price(1, 1)


class KeepsNothing(Queue):
    def fetch(self, job, job_id):
        return Result(super().fetch(job, job_id).values)


class Transposes(Queue):
    def fetch(self, job, job_id):
        result = super().fetch(job, job_id)
        return Result(result.values.T, result.raw)


class NotPlain(Queue):
    def plan(self, circuit, angles, observables):
        return tiles(circuit, angles, observables, facts={"settings": 3, "pairs": (1, 2)})


class Changes(Queue):
    def plan(self, circuit, angles, observables):
        angles += 1
        return super().plan(circuit, angles, observables)


class Shows(Queue):
    def __repr__(self):
        return f"Queue({self.token.get_secret_value()})"


class Misnames(Queue):
    class Options(Queue.Options):
        neutral = Queue.Options.neutral | {"pol_seconds"}


class GoesOut(Queue):
    def snapshot(self):
        return self


class Hums(Queue):
    def noise_model(self):
        return {"readout_error": 0.1}


@pytest.mark.parametrize(
    ("component", "promise", "said"),
    [
        (LeavesOut, "a_plan_covers_every_value_once", "0 times, expected once"),
        (Forgets, "a_job_from_submit_to_fetch", "does not find a job by its key"),
        (Waits, "a_job_from_submit_to_fetch", "COMPLETED"),
        (Sourceless, "every_job_has_a_price", "dollars without a source"),
        (TooCheap, "every_job_has_a_price", "1 executions"),
        (KeepsNothing, "a_job_from_submit_to_fetch", "no raw result is kept"),
        (Transposes, "a_job_from_submit_to_fetch", "values do not fit the job"),
        (NotPlain, "a_job_survives_the_journal", "facts are not plain data"),
        (Changes, "a_plan_is_pure", "plan changes the angles"),
        (Shows, "no_secret_is_shown", "shows the secret 'token'"),
        (GoesOut, "snapshot_and_noise", "expected a device that runs here, or None"),
        (Hums, "snapshot_and_noise", "expected NoiseParameters or None"),
        (Misnames, "it_keeps_its_options", "neutral names no options: ['pol_seconds']"),
    ],
)
def test_a_broken_device_fails_its_contract(machine, component, promise, said):
    contract = type("Broken", (TestQueue,), {"component": component})()
    contract.machine = machine
    contract.setup_method()
    try:
        with pytest.raises(Exception) as failed:
            getattr(contract, f"test_{promise}")()
        assert said in str(failed.value)
    finally:
        contract.teardown_method()


def test_values_of_the_contract_are_real(connect, forward):
    exact = forward(ReferenceDevice(ReferenceDevice.example()))
    assert (forward(connect(shots=10_000)) - exact).abs().max() < 5 / 100
