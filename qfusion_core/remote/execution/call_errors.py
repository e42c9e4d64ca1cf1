"""What is said of a call that cannot be brought to its end now, and how to go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from qfusion_core.remote.errors import JobCancelled, JobFailed, JobsPending, RemoteError
from qfusion_core.remote.journal.rows.records import UNFINISHED, CallId, JobRecord
from qfusion_core.remote.planning.queued_device import QueuedDevice

Pending = TypeVar("Pending", bound=JobsPending)


class CallErrors:
    """Errors of one call.

    Args:
        queue: The machines.
        call_id: Its place.

    Attributes:
        next_step: How to go on.
        give_up: How not to, where a job may never come to its end.
        alone: Whether there is one machine only: then its name says nothing more of a job.
    """

    def __init__(self, queue: QueuedDevice, call_id: CallId) -> None:
        self._backend, self._call_id = queue.bound.backend, call_id
        measurement = queue.bound.measurement
        self._jobs = measurement.journal.jobs
        self._forget = f"`{measurement.command('forget', call_id.measurement)}`"
        self.next_step = f"no job is lost: run the same again, or `{measurement.command('resume')}`"
        self.give_up = f"or give it up with {self._forget}"
        self.alone = len(queue.members) + len(queue.absent) == 1

    def shown(self, record: JobRecord) -> str:
        """Id of a job; with its backend, where there are several."""
        return str(record.job_id) if self.alone else f"{record.backend} {record.job_id}"

    def ended(self, record: JobRecord, others: int) -> RemoteError:
        """Of a job that failed or was cancelled, while so many others are not done."""
        kind = JobFailed if record.state == "failed" else JobCancelled
        stay = f"{others} other job(s) of the plan go on; " if others else ""
        return kind(
            f"{record.state}: {record.reason}",
            job_id=record.job_id,
            backend=record.backend,
            next_step=f"{stay}run the same again to send this one anew, or give up with "
            f"{self._forget}",
        )

    def pending(self, kind: type[Pending], reason: str, unfinished: Sequence[JobRecord]) -> Pending:
        """Of jobs that are not done."""
        ids = [self.shown(record) for record in unfinished if record.job_id]
        shown = ", ".join(ids[:5]) + (f", ... ({len(ids)} in all)" if len(ids) > 5 else "")
        unsent = len(unfinished) - len(ids)
        return kind(
            reason + (f", {unsent} job(s) not sent yet" if unsent else ""),
            job_id=shown or None,
            backend=self._backend,
            next_step=self.next_step,
        )

    def with_ways_out(self, error: RemoteError) -> RemoteError:
        """`--again` leaves a measurement only where nothing else of it is waited for."""
        jobs = self._jobs.of(self._call_id)
        stuck = all(job.unreadable is not None for job in jobs if job.state in UNFINISHED)
        if stuck and self._forget in error.next_step:
            error.next_step += ", or measure anew with --again"
        return error
