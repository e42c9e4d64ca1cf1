"""Where jobs run at IBM: submitted through the SDK, looked after by their ids."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from typing_extensions import override

from qfusion_core import (
    Finding,
    JobStatus,
    MachineFacts,
    QfusionError,
    SubmitHooks,
    SubmitUncertain,
    Unreadable,
)
from qfusion_ibm.connection import Connection
from qfusion_ibm.errors import translated_errors
from qfusion_ibm.execution_modes import ExecutionModes, nothing
from qfusion_ibm.machine import Machine
from qfusion_ibm.machine_facts import facts_of
from qfusion_ibm.options import Credentials, Options
from qfusion_ibm.preflight import connection_findings, machine_findings
from qfusion_ibm.programs import Program, SentJob
from qfusion_ibm.results import expectations
from qfusion_ibm.site import Site

# a state that this version does not know is no end: the core's timeout is one
_STATES: dict[str, Literal["done", "queued", "running"]] = {"completed": "done", "queued": "queued"}
_RAN_TOO_LONG = 1305  # qiskit_ibm_runtime/runtime_job_v2.py, _status_from_job_response


class RuntimeSite(Site):
    """IBM's machines. Connects when it is first asked.

    Attributes:
        asks: Whether IBM is really asked: not so for plans only.
    """

    asks: ClassVar[bool] = True

    def __init__(self, options: Options, credentials: Credentials) -> None:
        super().__init__(options)
        self._credentials = credentials
        self._connected: Connection | None = None
        self._machines: dict[str, Machine] = {}
        self._modes = ExecutionModes(options)

    @property
    def connection(self) -> Connection:
        """To IBM, made when it is first used."""
        if self._connected is None:
            self._connected = Connection(self.options, self._credentials)
        return self._connected

    @override
    def secrets(self) -> list[str]:
        # access tokens that IBM gave out
        carried = () if self._connected is None else self._connected.transport.tokens
        return [token.get_secret_value() for token in carried]

    @override
    def account(self) -> str | None:
        return self.connection.account

    @override
    def told(self) -> MachineFacts:
        return facts_of(self.machine(None, 1))

    @override
    def preflight(self) -> list[Finding]:
        lines = connection_findings(lambda: self.connection)
        if lines[-1].status == "failed":
            return lines
        return lines + machine_findings(self.options, lambda: self.machine(None, 1), self.queue)

    @override
    def machine(self, name: str | None, qubits: int) -> Machine:
        chosen = name or self.options.backend
        if chosen not in self._machines:
            if chosen == "least-busy":
                backend = self.connection.least_busy(qubits)
            else:
                backend = self.connection.backend(chosen)
            with translated_errors(reads=True):
                machine = Machine(backend.name, backend, backend.num_qubits)
                _ = machine.target  # asked now, so that what fails is said here
            self._machines[chosen] = machine
        return self._machines[chosen]

    @override
    def send(
        self,
        machine: Machine,
        program: Program,
        pub: tuple[Any, ...],
        key: str,
        hooks: SubmitHooks,
        mark: str,
    ) -> str:
        sent = SentJob([key, *self.options.job_tags], hooks.max_seconds, mark)
        mode = self._modes.of(machine, hooks.opened)
        transport = self.connection.transport
        transport.posted, transport.before_post = False, hooks.before_post
        try:
            with translated_errors(reads=True):
                return program.start(mode, machine.backend, pub, self.options, sent)
        except QfusionError as error:
            if not transport.posted or isinstance(error, SubmitUncertain):
                raise
            raise SubmitUncertain(str(error)) from None  # it was taken, then something else failed
        finally:
            transport.before_post = nothing

    @override
    def find(self, key: str) -> str | None:
        with translated_errors(reads=True):
            listed = self.connection.client.jobs_get(limit=10, job_tags=[key])["jobs"]
            tagged = (job for job in listed if key in (job.get("tags", [key]) or []))
            return next((str(job["id"]) for job in tagged), None)

    @override
    def status(self, job_id: str) -> JobStatus:
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        client = self.connection.client
        with translated_errors(reads=True):
            try:
                reply = client.job_get(job_id)["state"]
            except RequestsApiError as error:
                if error.status_code != 404:
                    raise
                return JobStatus("unknown", reason="IBM knows no such job in this instance")
            state, reason = reply["status"].lower(), str(reply.get("reason") or "")
            code = reply.get("reason_code") or reply.get("reasonCode")
        if code:
            reason = f"error code {code}: {reason}"
        if state == "cancelled" and code != _RAN_TOO_LONG:
            return JobStatus("cancelled", reason=reason)
        if state.startswith("cancelled"):
            # the SDK's own wait never ends for the state `Cancelled - Ran too long`
            limit = self.options.max_execution_time or "IBM's, or what the budget left to it"
            reason = f"ran too long (max_execution_time: {limit})" + (reason and f": {reason}")
            return JobStatus("failed", reason=reason)
        if state == "failed":
            return JobStatus("failed", reason=reason)
        return JobStatus(_STATES.get(state, "running"))

    @override
    def reply(self, job_id: str) -> bytes:
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        with translated_errors():
            try:
                text: str = self.connection.client.job_results(job_id)
            except RequestsApiError as error:
                if error.status_code != 404:
                    raise
                raise Unreadable("the results are not there, or not yet: 404 Not Found") from None
        raw = text.encode(errors="replace")
        if not raw.strip():
            raise Unreadable("the results are not there yet: an empty reply")
        return raw

    @override
    def values(self, raw: bytes, program: Program, mark: str) -> Any:
        return expectations(raw, self.options, program, mark)

    @override
    def usage(self, job_id: str) -> tuple[float | None, bool]:
        """See `Site`; None where IBM does not tell, on which no value depends.

        Until the end of March 2026 IBM called them ``quantum_seconds``; what it tells since then is
        final once it says so (qiskit_ibm_runtime 0.51, runtime_job_v2.py, `usage`).
        """
        try:
            with translated_errors(reads=True):
                usage = self.connection.client.job_metadata(job_id)["usage"]
                seconds, pending = usage.get("quantum_seconds"), usage.get("status") == "pending"
                if usage.get("status", "pending") != "pending":
                    seconds = usage.get("qpu_charge_time_seconds", seconds)
        except QfusionError:
            return None, False
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        return (float(seconds) if is_number and 0 <= seconds < 1e9 else None), pending

    @override
    def close(self, opened: str) -> None:
        """Close a session or batch."""
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        with translated_errors():
            try:
                self.connection.client.close_session(opened)
            except RequestsApiError as error:
                if error.status_code not in (404, 409):
                    raise

    @override
    def cancel(self, job_id: str) -> None:
        """Ask for it; its status tells whether that was heard."""
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        client = self.connection.client
        with translated_errors():
            try:
                client.job_cancel(job_id)
            except RequestsApiError as error:
                if error.status_code not in (404, 409):  # unknown, or ended
                    raise

    def queue(self, name: str) -> tuple[bool, str, int]:
        """Whether a machine works, what it says of itself, and how many jobs wait."""
        with translated_errors(reads=True):
            status = self.connection.client.backend_status(name)
            return status["operational"], status["status_msg"], status["pending_jobs"]
