"""Contract of remote devices: what an adapter promises, so that the core can lose nothing."""

from __future__ import annotations

import tempfile
import time
from typing import get_args

import torch
from pydantic import SecretStr

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import Angle, Gate, Term
from qfusion_core.errors import InputError
from qfusion_core.interfaces.component import made
from qfusion_core.interfaces.device import Device
from qfusion_core.noise_parameters import NoiseParameters
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.machine.job import Call, Finding, JobStatus, State
from qfusion_core.remote.money.budget import Budget
from qfusion_core.remote.planning.plan import planned
from qfusion_core.testing.device import DeviceContract


class RemoteDeviceContract(DeviceContract):
    """Promises of a remote device, on a machine that costs nothing.

    A test overrides `connect` where the device needs a machine or credentials::

        class TestQueue(RemoteDeviceContract):
            component = Queue

            def connect(self):
                return Queue(Queue.Options(url=...), Queue.Credentials(token=...))
    """

    def connect(self) -> RemoteDevice:
        """The device under test, not bound to a backend."""
        device: RemoteDevice = made(self.component, self.component.name, self.options(), None)
        return device

    def setup_method(self) -> None:
        """A folder for the journal."""
        self._scratch = tempfile.TemporaryDirectory()

    def teardown_method(self) -> None:
        """Remove the journal."""
        self._scratch.cleanup()

    def open(self) -> RemoteDevice:
        """The device, bound to a backend with a budget and a journal."""
        device = self.connect()
        plenty = Budget(max_jobs=10**6)
        device.bound = Binding("contract", plenty, Measurement(self._scratch.name, approve=True))
        return device

    def test_it_keeps_its_options(self) -> None:
        """`RemoteDevice.__init__` is called; a digest says which values may be reused."""
        device = self.connect()
        same = device.values_digest() == self.connect().values_digest()
        assert same, "two devices with the same options have two digests"
        unknown = device.options.neutral - set(type(device.options).model_fields)
        assert not unknown, f"neutral names no options: {sorted(unknown)}"

    def test_a_plan_covers_every_value_once(self) -> None:
        """Whatever the number of rows."""
        device = self.open()
        for rows in (1, 2, 7, 40):
            assert planned(device, _call(rows)), f"{rows} rows: no jobs"

    def test_a_plan_is_pure(self) -> None:
        """The same call gives the same jobs, and neither angles nor device change."""
        device, call = self.open(), _call(7)
        before = call.angles.clone()
        first, second = (planned(device, call) for _ in range(2))
        assert torch.equal(call.angles, before), "plan changes the angles"
        for (job, price), (other, other_price) in zip(first, second, strict=True):
            assert (job.rows, job.columns) == (other.rows, other.columns), "two plans differ"
            assert dict(job.facts) == dict(other.facts), "the facts of two plans differ"
            assert price == other_price, "a job has two prices"

    def test_a_job_survives_the_journal(self) -> None:
        """Another process submits it from there."""
        device, call = self.open(), _call(3)
        jobs = device.assign(call)
        journal = device.bound.measurement.journal
        about = MeasurementIdentity("contract", "", "contract", device.name, device.values_digest())
        call_id = Measurement(self._scratch.name, "contract").at(about, call)
        journal.write(call_id, call, jobs, {"contract": None})
        stored = journal.call(call_id)
        assert stored is not None
        for (_, job, price, _), entry in zip(jobs, journal.jobs.of(call_id), strict=True):
            again = journal.job(stored, entry)
            assert torch.equal(again.angles, job.angles), "the angles change in the journal"
            assert again.observables == job.observables, "the observables change in the journal"
            assert again.facts == dict(job.facts), "facts are not plain data"
            assert device.price(again) == price, "the price changes in the journal"

    def test_every_job_has_a_price(self) -> None:
        """At least one execution for each row; ranges in order; a source and a date for dollars."""
        device = self.open()
        for job, price in planned(device, _call(7)):
            assert price.executions >= job.shape[0], f"{price.executions} executions"
            assert device.shots is None or price.shots >= device.shots * job.shape[0], (
                f"{price.shots} shots for {job.shape[0]} rows of {device.shots}"
            )
            assert price.tasks >= 1, f"{price.tasks} tasks"
            for amount in (price.usd, price.qpu_seconds):
                assert amount is None or 0 <= amount.low <= amount.high, f"{amount}"
            if price.usd is not None and price.usd.high > 0:
                assert price.sources, "dollars without a source"
                assert all(text and date for text, date in price.sources), f"{price.sources}"

    def test_a_job_from_submit_to_fetch(self) -> None:
        """Its id is text, its states are those of qfusion, its values fit, and it can be found."""
        device = self.open()
        job, _ = planned(device, _call(2))[0]
        key = f"qf-contract-{time.time_ns()}"
        assert device.local or device.find(key) is None, "finds a job that was never sent"
        job_id = device.submit(job, key)
        assert isinstance(job_id, str) and job_id, f"submit returned {job_id!r}"
        assert device.local or device.find(key) == job_id, "does not find a job by its key"
        end = self._end(device, job_id)
        assert end.state == "done", f"the job ends as {end}"
        for _ in range(2):  # a process that was killed while storing fetches again
            result = device.fetch(job, job_id)
            assert tuple(result.values.shape) == job.shape, "values do not fit the job"
            assert isinstance(result.raw, bytes) and result.raw, "no raw result is kept"

    def test_cancel(self) -> None:
        """A job that is cancelled ends; cancelling what is done is no error."""
        device = self.open()
        job, _ = planned(device, _call(2))[0]
        job_id = device.submit(job, f"qf-contract-{time.time_ns()}")
        device.cancel(job_id)
        end = self._end(device, job_id)
        assert end.state in ("cancelled", "done"), f"a cancelled job ends as {end}"
        device.cancel(job_id)

    def test_an_unknown_job_is_not_waited_for(self) -> None:
        """It is said to be unknown: then the core looks for it by its key; or to have failed."""
        device = self.open()
        if not device.local:
            status = device.status("qf-no-such-job")
            expected = ("unknown",) if device.tells_unknown else ("unknown", "failed")
            assert status.state in expected, f"a job that the provider does not know is {status}"

    def test_preflight(self) -> None:
        """Says something, in lines, and no secret."""
        device = self.open()
        findings = device.preflight()
        assert findings, "preflight finds nothing to say"
        assert all(isinstance(finding, Finding) for finding in findings), f"findings: {findings}"
        self._no_secret(device, repr(findings))

    def test_snapshot_and_noise(self) -> None:
        """A snapshot runs here, and noise is told in figures; a machine may have neither."""
        device = self.connect()
        snapshot, noise = device.snapshot(), device.noise_model()
        away = isinstance(snapshot, RemoteDevice) and not snapshot.local
        assert snapshot is None or (isinstance(snapshot, Device) and not away), (
            f"snapshot returned {snapshot!r}, expected a device that runs here, or None"
        )
        assert noise is None or isinstance(noise, NoiseParameters), (
            f"noise_model returned {noise!r}, expected NoiseParameters or None"
        )

    def test_account(self) -> None:
        """A name that is no secret, the same each time; not every adapter tells it."""
        device = self.open()
        account = device.account()
        assert account is None or (isinstance(account, str) and account == device.account())
        self._no_secret(device, str(account))

    def test_no_secret_is_shown(self) -> None:
        """Neither by the device nor by what it holds."""
        device = self.open()
        self._no_secret(device, f"{device!r} {vars(device)!r}")

    def test_a_budget_is_required(self) -> None:
        """Of a device that costs money."""
        device = self.connect()
        device.bound = Binding("contract", None, Measurement(self._scratch.name, approve=True))
        call = _call(1)
        if device.paid and not device.local:
            try:
                device.evaluate(call.circuit, call.angles, call.observables)
            except InputError as error:
                assert "budget" in str(error), error
            else:
                raise AssertionError("it spends money without a budget")

    def _end(self, device: RemoteDevice, job_id: str) -> JobStatus:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            status = device.status(job_id)
            assert status.state in get_args(State), f"status says {status.state!r}"
            if status.state not in ("queued", "running"):
                return status
            time.sleep(min(0.05, device.options.poll_seconds))
        raise AssertionError(f"job {job_id} does not end within a minute")

    def _no_secret(self, device: RemoteDevice, text: str) -> None:
        for name, value in device.credentials or ():
            secret = value.get_secret_value() if isinstance(value, SecretStr) else ""
            assert not secret or secret not in text, f"shows the secret {name!r}"


def _call(rows: int) -> Call:
    """Three qubits, words of three measurement settings."""
    gates = [Gate("RY", (w,), Angle((Term("data", w, 1.0),))) for w in range(3)]
    circuit = Circuit(3, (*gates, Gate("CNOT", (0, 1)), Gate("CNOT", (1, 2))), 3, 0)
    angles = torch.linspace(-2, 2, 3 * rows, dtype=torch.float64).reshape(rows, 3)
    return Call(circuit, angles, ("ZII", "IZZ", "XII", "IYI"))
