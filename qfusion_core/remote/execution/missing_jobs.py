"""Jobs that their provider does not know: unknown is not failed.

A job may be unknown for a moment after it was accepted, or while a part of the service is away; or
the credentials are those of another account. None of it makes it a job that may be bought again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qfusion_core.remote.adapter.request_retry import RetryingCaller, retrying_caller
from qfusion_core.remote.errors import Refused, RemoteError
from qfusion_core.remote.execution.accounts import require_account
from qfusion_core.remote.journal.rows.records import JobRecord
from qfusion_core.remote.machine.job import JobStatus
from qfusion_core.remote.planning.queued_device import QueuedDevice

if TYPE_CHECKING:
    from qfusion_core.remote.adapter.adapter import Adapter
    from qfusion_core.remote.journal.rows.job_store import JobStore

_LOOKS = 3  # at least, however long they take


class MissingJobs:
    """Counts how often a job was unknown in a row, and since when, in this process.

    Args:
        jobs: Where the jobs stand.
        next_step: For errors.
        give_up: For errors, where a job may never be known again.
    """

    def __init__(self, jobs: JobStore, next_step: str, give_up: str) -> None:
        self._jobs, self._next, self._give_up = jobs, next_step, give_up
        self._seen: dict[str, tuple[float, int]] = {}

    def seen(self, record: JobRecord) -> None:
        """The provider knows it."""
        self._seen.pop(record.key, None)

    def look(
        self, record: JobRecord, device: Adapter, retrying: RetryingCaller, reason: str
    ) -> JobStatus:
        """It is unknown once more: for a grace period it counts as running.

        Raises:
            Refused: It is unknown, and cannot be found by its key; nothing is changed by that.
        """
        began, looks = self._seen.get(record.key, (time.monotonic(), 0))
        self._seen[record.key] = (began, looks + 1)
        if looks + 1 < _LOOKS or time.monotonic() - began < device.options.grace_seconds:
            return JobStatus("running")
        job_id, next_step = record.job_id, self._next
        other_id = retrying(lambda: device.find(record.key), job_id=job_id, next_step=next_step)
        if other_id is not None:
            self.seen(record)
            self._jobs.goes_on(record.key, other_id)
            return JobStatus("running")
        error = _unknown(reason or "unknown")
        self._jobs.unreadable(record.key, retrying.hide(error.reason))
        error.about(record.backend, job_id, next_step)
        raise error.about(record.backend, job_id, self._give_up)


def surely_failed(
    queue: QueuedDevice, failed: Sequence[JobRecord], next_step: str
) -> list[JobRecord]:
    """Those of some failed jobs that may be sent anew: their provider was asked once more.

    One that is at work after all, or done, is noted so. Nobody is asked for what has failed for
    good, or was cancelled.

    Raises:
        RemoteError: The provider cannot be asked, or knows nothing of it in this account.
    """
    jobs = queue.bound.measurement.journal.jobs
    split = {(record.backend, record.job_id) for record in jobs.all() if record.state == "done"}
    surely = []
    for record in failed:
        # its result said so, or a part of it did
        seen = record.unreadable is not None or (record.backend, record.job_id) in split
        if not record.job_id or seen or record.state != "failed":
            surely.append(record)
            continue
        try:
            device = queue.member(record.backend)
        except RemoteError as error:
            raise error.about(record.backend, record.job_id, next_step) from None
        if device.tells_unknown and record.account is not None:  # written by this adapter
            surely.append(record)
            continue
        alive = _alive(record, device, next_step)
        if alive is None:
            surely.append(record)
        else:
            jobs.goes_on(record.key, alive)
    return surely


def _alive(record: JobRecord, device: Adapter, next_step: str) -> str | None:
    """Id under which a failed job is at work or done; None where it has failed indeed."""
    retrying, job_id = retrying_caller(device), str(record.job_id)
    about = {"job_id": job_id, "next_step": next_step}
    require_account(record, device, retrying, next_step)
    state = retrying(lambda: device.status(job_id), **about).state
    if state in ("queued", "running", "done"):
        return job_id
    if state == "failed" and device.tells_unknown:
        return None
    other_id = retrying(lambda: device.find(record.key), **about)
    if other_id is None and state == "unknown":  # a journal of before may be of another account
        error = _unknown("unknown, though it was accepted")
        raise error.about(record.backend, job_id, next_step)
    if other_id is None or other_id == job_id:
        return None
    state = retrying(lambda: device.status(other_id), **about).state
    return other_id if state in ("queued", "running", "done") else None


def _unknown(reason: str) -> Refused:
    return Refused(
        f"{reason}: not in this account or instance; nothing was changed",
        next_step="check the credentials and the region: it may be in another account",
    )
