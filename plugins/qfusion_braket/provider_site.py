"""Where tasks run at AWS: submitted under the journal's key, looked after by their ARNs."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

from typing_extensions import override

from qfusion_braket.connection import Connection
from qfusion_braket.device_document import machine_of
from qfusion_braket.device_names import address_of
from qfusion_braket.download import results
from qfusion_braket.errors import translated_errors
from qfusion_braket.machine import Machine
from qfusion_braket.machine_facts import facts_of
from qfusion_braket.options import Credentials, Options
from qfusion_braket.parameters import device_parameters
from qfusion_braket.preflight import findings
from qfusion_braket.pricing import PriceList
from qfusion_braket.results import reply_of
from qfusion_braket.site import Site
from qfusion_braket.task_documents import PROGRAM, PROGRAM_SET, task_of
from qfusion_braket.task_search import TaskSearch
from qfusion_core import (
    Circuit,
    Finding,
    Job,
    JobStatus,
    MachineFacts,
    QfusionError,
    Refused,
    Result,
    SubmitHooks,
    SubmitUncertain,
    Transient,
    Unreadable,
)

TAG = "qfusion"
_STATES: dict[str, Literal["done", "failed", "cancelled", "running", "queued"]] = {
    "COMPLETED": "done",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "RUNNING": "running",
}
_UNKNOWN = ("ResourceNotFoundException", "ValidationException")


class AwsSite(Site):
    """A device at Amazon Braket. Connects when it is first asked."""

    def __init__(self, options: Options, credentials: Credentials | None) -> None:
        self._options, self._credentials = options, credentials
        self._connected: Connection | None = None
        self._machine: Machine | None = None
        self._search = TaskSearch(TAG)
        self._saved: str | None = None  # the file, where AWS is not asked

    @property
    def connection(self) -> Connection:
        """To AWS, made when it is first used."""
        if self._connected is None:
            self._connected = Connection(self._options, self._credentials)
        return self._connected

    @cached_property
    def _prices(self) -> PriceList:
        return PriceList.read()

    @override
    def machine(self) -> Machine:
        if self._machine is None:
            options = self._options
            assert options.device is not None
            short = address_of(options.device, options.region).short
            machine = machine_of(
                self._described(),
                short,
                reserved=options.reservation is not None,
                mitigated=options.error_mitigation is not None,
                saved=self._saved,
            )
            self._machine = self._single(machine)
        return self._machine

    def _single(self, machine: Machine) -> Machine:
        """AWS takes device parameters, and computes exact values, with single programs only."""
        options = self._options
        single = options.error_mitigation or options.qubits or options.shots is None
        return dataclasses.replace(machine, program_set=None) if single else machine

    @override
    def properties(self) -> bytes:
        """The document of GetDevice."""
        return str(self._described()["deviceCapabilities"]).encode()

    @override
    def told(self) -> MachineFacts:
        described = self._described()
        options = self._options
        assert options.device is not None
        address = address_of(options.device, options.region)
        machine = machine_of(described, address.short, saved=self._saved)
        return facts_of(machine, address.arn, str(described["deviceCapabilities"]).encode())

    @override
    def facts(self, circuit: Circuit, observables: Sequence[str]) -> dict[str, Any]:
        """Of the circuit as it is sent: AWS compiles it, and does not say beforehand to what."""
        kind = PROGRAM if self.machine().program_set is None else PROGRAM_SET
        return {"task": kind, "two_qubit_gates_sent": circuit.two_qubit_gates}

    @override
    def account(self) -> str | None:
        return self.connection.account

    @override
    def secrets(self) -> list[str]:
        return [] if self._connected is None else self._connected.secrets

    @override
    def submit(self, job: Job, key: str, hooks: SubmitHooks) -> str:
        """Send a task, once; the same key is the same task to AWS."""
        machine, connection, options = self.machine(), self.connection, self._options
        if machine.status != "ONLINE":
            self._machine = None  # asked anew the next time
            raise Refused(
                f"{machine.name} is {machine.status}",
                next_step="send it when the device is online (`qfusion backends --check`), or "
                "choose another",
            )
        task, (bucket, folder) = task_of(job, machine, options), connection.output()
        more: dict[str, Any] = {}
        if parameters := device_parameters(options, job.circuit.n_wires):
            more["deviceParameters"] = parameters
        if options.reservation is not None:
            more["associations"] = [
                {"arn": options.reservation, "type": "RESERVATION_TIME_WINDOW_ARN"}
            ]
        sending = connection.sending
        sending.before_post, sending.posted = hooks.before_post, False
        try:
            with translated_errors(submits=True):
                reply = connection.braket.create_quantum_task(
                    clientToken=_token(key),
                    deviceArn=connection.address.arn,
                    shots=task.shots,
                    outputS3Bucket=bucket,
                    outputS3KeyPrefix=folder,
                    action=task.action,
                    tags={**options.tags, TAG: key},
                    **more,
                )
                return str(reply["quantumTaskArn"])
        except SubmitUncertain as error:
            if sending.posted:
                raise
            raise Transient(error.reason) from None  # nothing was sent
        finally:
            sending.before_post = None

    @override
    def find(self, key: str) -> str | None:
        """ARN of the task with the tag.

        The same token again would tell, too, but would make a task where there is none.
        """
        return self._search.find(self.connection, key)

    @override
    def status(self, job_id: str) -> JobStatus:
        try:
            task = self._task(job_id)
        except Refused as error:
            if not error.reason.startswith(_UNKNOWN):
                raise
            return JobStatus("unknown", reason=f"AWS knows no such task ({error.reason})")
        reason = str(task.get("failureReason") or "")
        position = str((task.get("queueInfo") or {}).get("position") or "").lstrip(">")
        state = _STATES.get(task["status"], "queued")
        return JobStatus(state, int(position) if position.isdigit() else None, reason)

    @override
    def fetch(self, job: Job, job_id: str) -> Result:
        """Values; for a simulator, what it cost by the time that AWS tells."""
        try:
            document = results(self.connection, self._task(job_id))
        except Refused as error:
            if not error.reason.startswith("NoSuchKey"):
                raise
            missing = Unreadable(f"the results are not in S3, or not yet ({error.reason})")
            missing.next_step = error.next_step
            raise missing from None
        reply = reply_of(document, job, self._options, self._least)
        usd = None
        if reply.seconds is not None and self.machine().simulator:
            usd = self._prices.billed(self.machine(), reply.seconds)
        return Result(reply.values, reply.raw, usd=usd, failed=reply.failed, reason=reply.reason)

    def _least(self) -> int:
        """Fewest shots of a program set; where nobody tells, a part is sent as it is."""
        try:
            limits = self.machine().program_set
        except QfusionError:
            return 1
        return 1 if limits is None else limits.least

    @override
    def cancel(self, job_id: str) -> None:
        """Ask for it; its status tells whether that was heard."""
        try:
            with translated_errors():
                self.connection.braket.cancel_quantum_task(quantumTaskArn=job_id)
        except Refused as error:
            if not error.reason.startswith(("ConflictException", *_UNKNOWN)):
                raise

    @override
    def preflight(self) -> list[Finding]:
        return findings(self._options, lambda: self.connection.address, self.machine)

    def _described(self) -> dict[str, Any]:
        connection = self.connection
        try:
            with translated_errors(describes=True):
                reply: dict[str, Any] = connection.braket.get_device(
                    deviceArn=connection.address.arn
                )
                _ = reply["deviceCapabilities"], reply["deviceStatus"], reply["deviceType"]
        except Refused as error:
            error.next_step = error.next_step or "check device and region in backends.yaml"
            raise
        return reply

    def _task(self, arn: str) -> dict[str, Any]:
        with translated_errors():
            reply: dict[str, Any] = self.connection.braket.get_quantum_task(
                quantumTaskArn=arn, additionalAttributeNames=["QueueInfo"]
            )
            _ = reply["status"], reply["outputS3Bucket"], reply["outputS3Directory"]
        return reply


def _token(key: str) -> str:
    """AWS's idempotency token: 64 characters at most."""
    return key if len(key) <= 64 else hashlib.sha256(key.encode()).hexdigest()
