"""Asks for one submitted job, and keeps what it gave."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from qfusion_core.errors import QfusionError
from qfusion_core.remote.accounts import require_account
from qfusion_core.remote.adapter import Adapter
from qfusion_core.remote.errors import JobFailed, RemoteError, Transient, Unreadable
from qfusion_core.remote.job import Call, JobStatus, Result, State
from qfusion_core.remote.journal.records import JobRecord
from qfusion_core.remote.missing import MissingJobs
from qfusion_core.remote.planning import require_result
from qfusion_core.remote.queued_device import QueuedDevice
from qfusion_core.remote.retry import RetryingCaller
from qfusion_core.remote.submission import new_asking


class Poller:
    """For the jobs of one call, each asked for at its own machine.

    Args:
        fleet: The machines.
        call: The whole.
        next_step: For errors.
        give_up: For errors, where a job may never come to its end.
    """

    def __init__(self, fleet: QueuedDevice, call: Call, next_step: str, give_up: str) -> None:
        self._fleet, self._call = fleet, call
        self._next, self._give_up = next_step, give_up
        self._journal = fleet.bound.measurement.journal
        self._asks = {name: new_asking(member) for name, member in fleet.members.items()}
        self._missing = MissingJobs(self._journal.jobs, next_step, give_up)

    def settle(self, entry: JobRecord) -> JobStatus:
        """The state of a submitted job, which is written down if it is the last.

        Raises:
            RemoteError: The machine cannot be asked; or it told how the job is (``answered``), and
                the job cannot be brought to its end.
        """
        job_id = str(entry.job_id)
        known = {"job_id": job_id, "next_step": self._next}
        try:
            device = self._fleet.member(entry.backend)
        except RemoteError as error:
            raise error.about(entry.backend, **known) from None
        ask = self._asks[entry.backend]
        require_account(entry, device, ask, self._next)
        status = ask(lambda: device.status(job_id), **known)
        if status.state not in get_args(State):
            raise QfusionError(
                f"device {device.name!r}: status returned {status.state!r}, expected one of "
                f"{', '.join(get_args(State))}; this is a fault of the device's plugin"
            )
        try:
            return self._settle(entry, device, ask, status)
        except RemoteError as error:
            error.answered = True
            raise error

    def _settle(
        self, entry: JobRecord, device: Adapter, ask: RetryingCaller, status: JobStatus
    ) -> JobStatus:
        if status.state == "unknown":
            return self._missing.look(entry, device, ask, status.reason)
        self._missing.known(entry)
        if entry.unreadable is not None and status.state in ("queued", "running"):
            self._journal.jobs.known(entry.key, str(entry.job_id))  # it is at work after all
        if status.state == "done":
            return self._keep(entry, device, ask)
        return self._end(entry, device, status, ask)

    def _end(
        self, entry: JobRecord, device: Adapter, status: JobStatus, ask: RetryingCaller
    ) -> JobStatus:
        """Write down that a job failed or was cancelled, if it was."""
        if status.state in ("failed", "cancelled"):
            reason = ask.hide(status.reason or "") or f"{status.state}, no reason was given"
            status = status._replace(reason=reason)
            charge = ask(lambda: device.charged(str(entry.job_id)), job_id=entry.job_id)
            self._journal.jobs.ended(entry.key, status.state, reason, charge)
        return status

    def _keep(self, entry: JobRecord, device: Adapter, ask: RetryingCaller) -> JobStatus:
        """Fetch what a job gave, and write it down: its values, or what there is instead."""
        job, job_id = self._journal.job(self._call, entry), str(entry.job_id)

        def fetch() -> Result:
            return require_result(device, job, device.fetch(job, job_id))

        try:
            result = ask(fetch, job_id=job_id, next_step=self._next)
        except JobFailed as error:  # the provider calls a job done of which it has run nothing
            self._journal.jobs.unreadable(entry.key, error.reason)
            status = JobStatus("failed", reason=error.reason)
            return self._end(entry, device, status, ask)
        except RemoteError as error:
            raw = ask.hide_bytes(error.raw) if isinstance(error, Unreadable) else b""
            self._journal.jobs.unreadable(entry.key, error.reason, raw)
            if not isinstance(error, Transient) or entry.unreadable is not None:
                error.about(entry.backend, job_id, self._give_up)
            raise
        reason = ask.hide(result.reason) or "a part of it failed, no reason was given"
        kept = replace(result, raw=ask.hide_bytes(result.raw), reason=reason)
        if not result.failed:
            self._journal.jobs.done(entry.key, kept)
            return JobStatus("done")
        self._journal.jobs.split(entry, kept)
        return JobStatus("failed", reason=reason)
