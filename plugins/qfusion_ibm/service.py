"""Where jobs run at IBM: submitted through EstimatorV2, looked after by their ids."""

from __future__ import annotations

from typing import Any

from qfusion_core import JobStatus, QfusionError, SubmitUncertain
from qfusion_ibm.asking import asking
from qfusion_ibm.connection import Connection
from qfusion_ibm.machine import Machine
from qfusion_ibm.modes import Modes
from qfusion_ibm.options import Credentials, Options

_RAN_TOO_LONG = 1305  # qiskit_ibm_runtime/runtime_job_v2.py, _status_from_job_response


class Service:
    """IBM's machines. Connects when it is first asked."""

    def __init__(self, options: Options, credentials: Credentials) -> None:
        self._options, self._credentials = options, credentials
        self._connected: Connection | None = None
        self._machines: dict[str, Machine] = {}
        self._modes = Modes(options)

    @property
    def connection(self) -> Connection:
        """The connection."""
        if self._connected is None:
            self._connected = Connection(self._options, self._credentials)
        return self._connected

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
            self._machines[wanted] = Machine(backend.name, backend, backend.num_qubits)
            with asking():
                _ = self._machines[wanted].target  # asked now, so that what fails is said here
        return self._machines[wanted]

    def submit(self, machine: Machine, pub: tuple[Any, ...], key: str) -> str:
        """Send a job; see `qfusion_core.RemoteDevice.submit`."""
        from qiskit_ibm_runtime import EstimatorV2

        chosen = self._options.estimator()
        chosen["environment"] = {"job_tags": [key, *self._options.job_tags]}
        mode = self._modes.of(machine)
        transport = self.connection.transport
        transport.posted = False
        try:
            with asking():
                return EstimatorV2(mode=mode, options=chosen).run([pub]).job_id()
        except QfusionError as error:
            if not transport.posted or isinstance(error, SubmitUncertain):
                raise
            raise SubmitUncertain(str(error)) from None  # it was taken, then something else failed

    def find(self, key: str) -> str | None:
        """Id of the job with the tag."""
        with asking():
            listed = self.connection.client.jobs_get(limit=10, job_tags=[key])["jobs"]
        return next((job["id"] for job in listed if key in job.get("tags", [key])), None)

    def status(self, job_id: str) -> JobStatus:
        """What IBM says, in qfusion's words.

        The SDK's own wait never ends for the state `Cancelled - Ran too long`.
        """
        from qiskit_ibm_runtime.api.exceptions import RequestsApiError

        client = self.connection.client
        with asking():
            try:
                state = client.job_get(job_id)["state"]
            except RequestsApiError as error:
                if error.status_code != 404:
                    raise
                return JobStatus("failed", reason="IBM knows no such job in this instance")
        said, reason = state["status"].lower(), state.get("reason") or ""
        code = state.get("reason_code") or state.get("reasonCode")
        if code:
            reason = f"error code {code}: {reason}"
        if said == "cancelled" and code != _RAN_TOO_LONG:
            return JobStatus("cancelled", reason=reason)
        if said.startswith("cancelled"):
            limit = self._options.max_execution_time or "IBM's"
            reason = f"ran too long (max_execution_time: {limit})" + (reason and f": {reason}")
            return JobStatus("failed", reason=reason)
        if said == "failed":
            return JobStatus("failed", reason=reason)
        # a state that this version does not know is no end: the core's timeout is one
        return JobStatus({"completed": "done", "queued": "queued"}.get(said, "running"))

    def fetch(self, job_id: str) -> tuple[Any, bytes, float | None]:
        """Values ``[observables, rows]``, the reply, QPU seconds where IBM tells them."""
        from qiskit_ibm_runtime.utils.estimator_result_decoder import EstimatorResultDecoder

        client = self.connection.client
        with asking():
            raw = client.job_results(job_id)
            values = EstimatorResultDecoder.decode(raw)[0].data.evs
            used = client.job_metadata(job_id).get("usage", {}).get("quantum_seconds")
        return values, raw.encode(), used

    def cancel(self, job_id: str) -> None:
        """Ask for it; a job that has ended stays as it is."""
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
        with asking():
            said = self.connection.client.backend_status(name)
        return said["operational"], said["status_msg"], said["pending_jobs"]
