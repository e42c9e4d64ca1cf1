"""Cancelling the jobs of a run, here and at the provider: only what it confirms is cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from qfusion_core.backends.file import Backends
from qfusion_core.remote.adapter.adapter import Adapter
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.errors import RemoteError
from qfusion_core.remote.execution.accounts import require_account
from qfusion_core.remote.execution.submission import Submission
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.opening import open_journal
from qfusion_core.remote.journal.rows.lease import new_owner
from qfusion_core.remote.journal.rows.records import UNFINISHED, JobRecord
from qfusion_core.remote.machine.job import JobStatus
from qfusion_core.workflows.unfinished_jobs import unfinished


class Cancelled(NamedTuple):
    """What became of the jobs that were to be cancelled.

    Attributes:
        cancelled: The provider says so, or they were never sent.
        asked: The provider was asked, and does not say so: they may run, and cost money.
        ended: They had ended before.
        failed: What kept a job from being asked for; one for each.
    """

    cancelled: list[JobRecord]
    asked: list[JobRecord]
    ended: list[JobRecord]
    failed: list[RemoteError]


def cancel_jobs(run: str | Path, which: Sequence[str] | None, backends: Backends) -> Cancelled:
    """Cancel every unfinished job, here and at the provider. One that cannot be asked for stays."""
    journal = open_journal(run)
    found = Cancelled([], [], [], [])
    for queue, row in unfinished(journal, which, backends, Measurement(run)):
        for record in row["jobs"]:
            if record.state in UNFINISHED:
                try:
                    _cancel(queue.member(record.backend), journal, record, found)
                except RemoteError as error:
                    found.failed.append(error.about(record.backend, record.job_id, ""))
    return found


def _cancel(device: Adapter, journal: Journal, record: JobRecord, found: Cancelled) -> None:
    retrying = retrying_caller(device)
    require_account(record, device, retrying, "cancel with the credentials of that account")
    job_id = record.job_id or _unseen(device, journal, record)
    if job_id is None:
        journal.jobs.ended(record.key, "cancelled", "cancelled before it was sent")
        found.cancelled.append(record)
        return
    record = record._replace(job_id=job_id)
    retrying(lambda: device.cancel(job_id), job_id=job_id)
    status: JobStatus = retrying(lambda: device.status(job_id), job_id=job_id)
    if status.state in ("cancelled", "failed"):
        reason = retrying.hide(status.reason) or f"{status.state}, no reason was given"
        charge = retrying(lambda: device.charged(job_id), job_id=job_id)
        journal.jobs.ended(record.key, status.state, reason, charge)
    where = {"cancelled": found.cancelled, "failed": found.ended, "done": found.ended}
    where.get(status.state, found.asked).append(record)


def _unseen(device: Adapter, journal: Journal, record: JobRecord) -> str | None:
    """Id of a job that may have been accepted without our seeing it; it is ours from now on.

    Also of one that was never sent as far as the journal knows: it may be a copy of one that was.
    """
    owner = new_owner()
    claimed = journal.jobs.claim(record.key, owner)
    if claimed is None:
        raise RemoteError(
            f"key {record.key}: another process is submitting it",
            backend=device.bound.backend,
            next_step="stop that process, then cancel again",
        )
    forget = Measurement(journal.path.parent).command("forget", record.at.measurement)
    sender = Submission(device, journal.jobs, owner, f"`{forget}` gives it up without asking")
    try:
        job_id = sender.find(claimed) or sender.look(claimed)
    except RemoteError:
        journal.jobs.let_go(record.key)
        raise
    if job_id is not None:
        journal.jobs.submitted(record.key, job_id)
    return job_id
