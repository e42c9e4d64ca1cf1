"""Asks for one submitted job, and keeps what it gave."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from qfusion_core.errors import QfusionError
from qfusion_core.remote.adapter.adapter import Adapter
from qfusion_core.remote.adapter.request_retry import RetryingCaller, retrying_caller
from qfusion_core.remote.errors import JobFailed, RemoteError, Transient, Unreadable
from qfusion_core.remote.execution.accounts import require_account
from qfusion_core.remote.execution.missing_jobs import MissingJobs
from qfusion_core.remote.journal.rows.records import JobRecord
from qfusion_core.remote.machine.job import Call, JobStatus, Result, State
from qfusion_core.remote.planning.plan import require_result
from qfusion_core.remote.planning.queued_device import QueuedDevice


class Poller:
    """For the jobs of one call, each asked for at its own machine.

    Args:
        queue: The machines.
        call: The whole.
        next_step: For errors.
        give_up: For errors, where a job may never come to its end.
    """

    def __init__(self, queue: QueuedDevice, call: Call, next_step: str, give_up: str) -> None:
        self._queue, self._call = queue, call
        self._next, self._give_up = next_step, give_up
        self._journal = queue.bound.measurement.journal
        self._retrying = {name: retrying_caller(member) for name, member in queue.members.items()}
        self._missing = MissingJobs(self._journal.jobs, next_step, give_up)

    def settle(self, record: JobRecord) -> JobStatus:
        """The state of a submitted job, which is written down if it is the last.

        Raises:
            RemoteError: The machine cannot be asked; or it told how the job is (``answered``), and
                the job cannot be brought to its end.
        """
        job_id = str(record.job_id)
        about = {"job_id": job_id, "next_step": self._next}
        try:
            device = self._queue.member(record.backend)
        except RemoteError as error:
            raise error.about(record.backend, **about) from None
        retrying = self._retrying[record.backend]
        require_account(record, device, retrying, self._next)
        status = retrying(lambda: device.status(job_id), **about)
        if status.state not in get_args(State):
            raise QfusionError(
                f"device {device.name!r}: status returned {status.state!r}, expected one of "
                f"{', '.join(get_args(State))}; this is a fault of the device's plugin"
            )
        try:
            return self._settle(record, device, retrying, status)
        except RemoteError as error:
            error.answered = True
            raise error

    def _settle(
        self, record: JobRecord, device: Adapter, retrying: RetryingCaller, status: JobStatus
    ) -> JobStatus:
        if status.state == "unknown":
            return self._missing.look(record, device, retrying, status.reason)
        self._missing.seen(record)
        if record.unreadable is not None and status.state in ("queued", "running"):
            self._journal.jobs.goes_on(record.key, str(record.job_id))  # it is at work after all
        if status.state == "done":
            return self._keep(record, device, retrying)
        return self._end(record, device, status, retrying)

    def _end(
        self, record: JobRecord, device: Adapter, status: JobStatus, retrying: RetryingCaller
    ) -> JobStatus:
        """Write down that a job failed or was cancelled, if it was."""
        if status.state in ("failed", "cancelled"):
            reason = retrying.hide(status.reason or "") or f"{status.state}, no reason was given"
            status = status._replace(reason=reason)
            charge = retrying(lambda: device.charged(str(record.job_id)), job_id=record.job_id)
            self._journal.jobs.ended(record.key, status.state, reason, charge)
        return status

    def _keep(self, record: JobRecord, device: Adapter, retrying: RetryingCaller) -> JobStatus:
        """Fetch what a job gave, and write it down: its values, or what there is instead."""
        job, job_id = self._journal.job(self._call, record), str(record.job_id)

        def fetch() -> Result:
            return require_result(device, job, device.fetch(job, job_id))

        try:
            result = retrying(fetch, job_id=job_id, next_step=self._next)
        except JobFailed as error:  # the provider calls a job done of which it has run nothing
            self._journal.jobs.unreadable(record.key, error.reason)
            status = JobStatus("failed", reason=error.reason)
            return self._end(record, device, status, retrying)
        except RemoteError as error:
            raw = retrying.hide_bytes(error.raw) if isinstance(error, Unreadable) else b""
            self._journal.jobs.unreadable(record.key, error.reason, raw)
            if not isinstance(error, Transient) or record.unreadable is not None:
                error.about(record.backend, job_id, self._give_up)
            raise
        reason = retrying.hide(result.reason) or "a part of it failed, no reason was given"
        kept = replace(result, raw=retrying.hide_bytes(result.raw), reason=reason)
        if not result.failed:
            self._journal.jobs.done(record.key, kept)
            return JobStatus("done")
        self._journal.jobs.split(record, kept)
        return JobStatus("failed", reason=reason)
