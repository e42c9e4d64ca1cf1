"""Where tasks run at AWS: submitted under the journal's key, looked after by their ARNs."""

from __future__ import annotations

import dataclasses
import hashlib
from functools import cached_property
from typing import Any

from qfusion_braket.asking import asking, hidden
from qfusion_braket.checks import findings
from qfusion_braket.connection import Connection
from qfusion_braket.described import machine_of
from qfusion_braket.machine import Machine
from qfusion_braket.names import place
from qfusion_braket.options import Credentials, Options
from qfusion_braket.parameters import device_parameters
from qfusion_braket.pricing import PriceList
from qfusion_braket.results import incomplete, results
from qfusion_braket.site import Site
from qfusion_braket.task import PROGRAM, PROGRAM_SET, reply_of, task_of
from qfusion_core import Circuit, Finding, Job, JobStatus, Refused, Result

TAG = "qfusion"
_STATES = {"COMPLETED": "done", "FAILED": "failed", "CANCELLED": "cancelled", "RUNNING": "running"}
_UNKNOWN = ("ResourceNotFoundException", "ValidationException")


class Service(Site):
    """A device at Amazon Braket. Connects when it is first asked."""

    def __init__(self, options: Options, credentials: Credentials | None) -> None:
        self._options, self._credentials = options, credentials
        self._connected: Connection | None = None
        self._machine: Machine | None = None
        self._saved: str | None = None  # the file, where AWS is not asked

    @property
    def connection(self) -> Connection:
        """The connection."""
        if self._connected is None:
            self._connected = Connection(self._options, self._credentials)
        return self._connected

    @cached_property
    def _prices(self) -> PriceList:
        return PriceList.read()

    def machine(self) -> Machine:
        """What GetDevice says of it."""
        if self._machine is None:
            options = self._options
            assert options.device is not None
            short = place(options.device, options.region).short
            machine = machine_of(
                self._described(),
                short,
                reserved=options.reservation is not None,
                mitigated=options.error_mitigation is not None,
                saved=self._saved,
            )
            # AWS takes device parameters, and computes exact values, with single programs only
            single = options.error_mitigation or options.qubits or options.shots is None
            self._machine = dataclasses.replace(machine, program_set=None) if single else machine
        return self._machine

    def properties(self) -> bytes:
        """The document of GetDevice."""
        return str(self._described()["deviceCapabilities"]).encode()

    def facts(self, circuit: Circuit) -> dict[str, Any]:
        """Of the circuit as it is sent: AWS compiles it, and does not say beforehand to what."""
        kind = PROGRAM if self.machine().program_set is None else PROGRAM_SET
        return {
            "task": kind,
            "two_qubit_gates_sent": sum(len(gate.wires) == 2 for gate in circuit.gates),
        }

    def submit(self, job: Job, key: str) -> str:
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
        with asking(connection.secrets, submits=True):
            reply = connection.braket.create_quantum_task(
                clientToken=_token(key),
                deviceArn=connection.place.arn,
                shots=task.shots,
                outputS3Bucket=bucket,
                outputS3KeyPrefix=folder,
                action=task.action,
                tags={**options.tags, TAG: key},
                **more,
            )
        return str(reply["quantumTaskArn"])

    def find(self, key: str) -> str | None:
        """ARN of the task with the tag.

        The same token again would tell, too, but would make a task where there is none.
        """
        connection = self.connection
        device = {"name": "deviceArn", "operator": "EQUAL", "values": [connection.place.arn]}
        with asking(connection.secrets):
            pages = connection.braket.get_paginator("search_quantum_tasks")
            for page in pages.paginate(filters=[device], PaginationConfig={"PageSize": 100}):
                for task in page["quantumTasks"]:
                    if task.get("tags", {}).get(TAG) == key:
                        return str(task["quantumTaskArn"])
        return None

    def status(self, job_id: str) -> JobStatus:
        """What AWS says, in qfusion's words."""
        try:
            task = self._task(job_id)
        except Refused as error:
            if not error.reason.startswith(_UNKNOWN):
                raise
            return JobStatus("failed", reason=f"AWS knows no such task ({error.reason})")
        state, reason = _STATES.get(task["status"], "queued"), task.get("failureReason") or ""
        if state == "done" and (said := incomplete(self.connection, task)):
            return JobStatus("failed", reason=said)
        reason = hidden(reason, self.connection.secrets)
        position = str((task.get("queueInfo") or {}).get("position") or "").lstrip(">")
        return JobStatus(state, int(position) if position.isdigit() else None, reason)

    def fetch(self, job: Job, job_id: str) -> Result:
        """Values; for a simulator, what it cost by the time that AWS tells."""
        reply = reply_of(results(self.connection, self._task(job_id)), job, self._options)
        usd = None
        if reply.seconds is not None and self.machine().simulator:
            usd = self._prices.billed(self.machine(), reply.seconds)
        return Result(reply.values, reply.raw, usd=usd)

    def cancel(self, job_id: str) -> None:
        """Ask for it; a task that has ended stays as it is."""
        try:
            with asking(self.connection.secrets):
                self.connection.braket.cancel_quantum_task(quantumTaskArn=job_id)
        except Refused as error:
            if not error.reason.startswith(("ConflictException", *_UNKNOWN)):
                raise

    def findings(self) -> list[Finding]:
        """Credentials, network, region, status, qubits, shots, queue."""
        return findings(self, self._options)

    def _described(self) -> dict[str, Any]:
        connection = self.connection
        with asking(connection.secrets):
            reply: dict[str, Any] = connection.braket.get_device(deviceArn=connection.place.arn)
        return reply

    def _task(self, arn: str) -> dict[str, Any]:
        with asking(self.connection.secrets):
            reply: dict[str, Any] = self.connection.braket.get_quantum_task(
                quantumTaskArn=arn, additionalAttributeNames=["QueueInfo"]
            )
        return reply


def _token(key: str) -> str:
    """AWS's idempotency token: 64 characters at most."""
    return key if len(key) <= 64 else hashlib.sha256(key.encode()).hexdigest()
