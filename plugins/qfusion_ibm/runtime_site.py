"""Where jobs run at IBM: submitted through the SDK, looked after by their ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qfusion_core import JobStatus, QfusionError, SubmitUncertain, Unreadable
from qfusion_ibm.connection import Connection
from qfusion_ibm.errors import asking
from qfusion_ibm.execution_modes import ExecutionModes, Opened, nothing
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Credentials, Options
from qfusion_ibm.programs import Program, SentJob
from qfusion_ibm.results import expectations

_RAN_TOO_LONG = 1305  # qiskit_ibm_runtime/runtime_job_v2.py, _status_from_job_response


class RuntimeSite:
    """IBM's machines. Connects when it is first asked."""

    def __init__(self, options: Options, credentials: Credentials) -> None:
        self._options, self._credentials = options, credentials
        self._connected: Connection | None = None
        self._machines: dict[str, Machine] = {}
        self._modes = ExecutionModes(options)

    @property
    def connection(self) -> Connection:
        """The connection."""
        if self._connected is None:
            self._connected = Connection(self._options, self._credentials)
        return self._connected

    @property
    def tokens(self) -> list[str]:
        """Secrets that IBM gave out; asks nobody."""
        return [] if self._connected is None else list(self._connected.transport.tokens)

    def machine(self, name: str | None, qubits: int) -> Machine:
        """The machine of the options.

        Args:
            name: Of the one that was chosen before, where any will do.
            qubits: That it needs, where any will do.
        """
        wanted = name or self._options.backend
        if wanted not in self._machines:
            if wanted == "least-busy":
                backend = self.connection.least_busy(qubits)
            else:
                backend = self.connection.backend(wanted)
            with asking(reads=True):
                made = Machine(backend.name, backend, backend.num_qubits)
                _ = made.target  # asked now, so that what fails is said here
            self._machines[wanted] = made
        return self._machines[wanted]

    def submit(
        self,
        machine: Machine,
        program: Program,
        pub: tuple[Any, ...],
        key: str,
        before_post: Callable[..., None],
        opened: Opened,
        most_seconds: int | None,
        mark: str,
    ) -> str:
        """Send a job; see `qfusion_core.RemoteDevice`: `submit`, `before_post`, `opened`."""
        sent = SentJob([key, *self._options.job_tags], most_seconds, mark)
        mode = self._modes.of(machine, opened)
        transport = self.connection.transport
        transport.posted, transport.before_post = False, before_post
        try:
            with asking(reads=True):
                return program.start(mode, machine.backend, pub, self._options, sent)
        except QfusionError as error:
            if not transport.posted or isinstance(error, SubmitUncertain):
                raise
            raise SubmitUncertain(str(error)) from None  # it was taken, then something else failed
        finally:
            transport.before_post = nothing

    def find(self, key: str) -> str | None:
        """Id of the job with the tag."""
        with asking(reads=True):
            listed = self.connection.client.jobs_get(limit=10, job_tags=[key])["jobs"]
            tagged = (job for job in listed if key in (job.get("tags", [key]) or []))
            return next((str(job["id"]) for job in tagged), None)

    def status(self, job_id: str) -> JobStatus:
        """What IBM says, in qfusion's words.

        The SDK's own wait never ends for the state `Cancelled - Ran too long`.
        """
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        client = self.connection.client
        with asking(reads=True):
            try:
                state = client.job_get(job_id)["state"]
            except RequestsApiError as error:
                if error.status_code != 404:
                    raise
                return JobStatus("unknown", reason="IBM knows no such job in this instance")
            said, reason = state["status"].lower(), str(state.get("reason") or "")
            code = state.get("reason_code") or state.get("reasonCode")
        if code:
            reason = f"error code {code}: {reason}"
        if said == "cancelled" and code != _RAN_TOO_LONG:
            return JobStatus("cancelled", reason=reason)
        if said.startswith("cancelled"):
            limit = self._options.max_execution_time or "IBM's, or what the budget left to it"
            reason = f"ran too long (max_execution_time: {limit})" + (reason and f": {reason}")
            return JobStatus("failed", reason=reason)
        if said == "failed":
            return JobStatus("failed", reason=reason)
        # a state that this version does not know is no end: the core's timeout is one
        return JobStatus({"completed": "done", "queued": "queued"}.get(said, "running"))

    def fetch(self, job_id: str) -> bytes:
        """The reply.

        Raises:
            Unreadable: It is not there, or not yet.
        """
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        with asking():
            try:
                text = self.connection.client.job_results(job_id)
            except RequestsApiError as error:
                if error.status_code != 404:
                    raise
                raise Unreadable("the results are not there, or not yet: 404 Not Found") from None
        raw = text.encode(errors="replace")
        if not raw.strip():
            raise Unreadable("the results are not there yet: an empty reply")
        return raw

    def read(self, raw: bytes, program: Program, mark: str) -> Any:
        """Values ``[observables, rows]`` of a reply; asks nobody.

        Raises:
            Unreadable: It is not that of the job that was sent.
        """
        return expectations(raw, self._options, program, mark)

    def seconds(self, job_id: str) -> float | None:
        """QPU seconds that a job took; None where IBM does not tell, on which no value depends."""
        return self.usage(job_id)[0]

    def usage(self, job_id: str) -> tuple[float | None, bool]:
        """Likewise, and whether IBM will tell them later.

        Until the end of March 2026 IBM called them ``quantum_seconds``; what it tells since then is
        final once it says so (qiskit_ibm_runtime 0.51, runtime_job_v2.py, `usage`).
        """
        try:
            with asking(reads=True):
                usage = self.connection.client.job_metadata(job_id)["usage"]
                told, pending = usage.get("quantum_seconds"), usage.get("status") == "pending"
                if usage.get("status", "pending") != "pending":
                    told = usage.get("qpu_charge_time_seconds", told)
        except QfusionError:
            return None, False
        is_number = isinstance(told, int | float) and not isinstance(told, bool)
        return (float(told) if is_number and 0 <= told < 1e9 else None), pending

    def close(self, session: str) -> None:
        """Close a session or batch; one that is closed already stays so."""
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        with asking():
            try:
                self.connection.client.close_session(session)
            except RequestsApiError as error:
                if error.status_code not in (404, 409):
                    raise

    def cancel(self, job_id: str) -> None:
        """Ask for it; its status tells whether that was heard."""
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        client = self.connection.client
        with asking():
            try:
                client.job_cancel(job_id)
            except RequestsApiError as error:
                if error.status_code not in (404, 409):  # unknown, or ended
                    raise

    def queue(self, name: str) -> tuple[bool, str, int]:
        """Whether a machine works, what it says of itself, and how many jobs wait."""
        with asking(reads=True):
            said = self.connection.client.backend_status(name)
            return said["operational"], said["status_msg"], said["pending_jobs"]
