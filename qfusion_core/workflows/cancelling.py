"""Cancelling the jobs of a run, here and at the provider: only what it confirms is cancelled."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
from qfusion_core.workflows.result import Table, VerbResult
from qfusion_core.workflows.unfinished_jobs import keys_of, names_of, unfinished


@dataclass(frozen=True)
class Cancelled(VerbResult):
    """What became of the jobs that were to be cancelled.

    Attributes:
        run: Folder of the journal.
        cancelled: The provider says so, or they were never sent.
        asked: The provider was asked, and does not say so: they may run, and cost money.
        ended: They had ended before.
        failed: What kept a job from being asked for; one for each.
    """

    run: Path
    cancelled: list[JobRecord] = field(default_factory=list)
    asked: list[JobRecord] = field(default_factory=list)
    ended: list[JobRecord] = field(default_factory=list)
    failed: list[RemoteError] = field(default_factory=list)

    @property
    def confirmed(self) -> bool:
        """Whether no job is left that may run on and cost money."""
        return not (self.asked or self.failed)

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion jobs cancel RUN --json``."""
        jobs = {name: keys_of(getattr(self, name)) for name in ("cancelled", "asked", "ended")}
        return {"run": str(self.run), **jobs, "left": [str(error) for error in self.failed]}

    def settled(self) -> Iterator[str]:
        """Which jobs no longer run."""
        if self.cancelled or (self.confirmed and not self.ended):
            yield f"cancelled: {names_of(self.cancelled)}"
        if self.ended:
            yield f"had ended before: {names_of(self.ended)}"

    def unconfirmed(self) -> Iterator[RemoteError]:
        """Which may run on, and what to do."""
        again = f"`{shlex.join(['qfusion', 'jobs', 'cancel', str(self.run)])}`"
        if self.failed:
            first, number = copy(self.failed[0]), len(self.failed)
            more = f" ({number} such jobs)" if number > 1 else ""
            yield first.about(
                first.backend or "", None, f"nothing was changed; {again} again{more}"
            )
        if self.asked:
            yield RemoteError(
                f"asked to cancel, not confirmed: {names_of(self.asked)}",
                next_step=f"they may run on and cost money: {again} asks again, "
                f"`{shlex.join(['qfusion', 'jobs', 'resume', str(self.run)])}` fetches what they "
                "give",
            )

    def shown(self) -> Iterator[Table | str]:
        """Which jobs are cancelled, and which may run on."""
        yield from self.settled()
        yield from map(str, self.unconfirmed())


def cancel_jobs(
    run: str | Path,
    which: Sequence[str] | None,
    backends: Backends,
    *,
    say: Callable[[str], None] | None = None,
) -> Cancelled:
    """Cancel every unfinished job, here and at the provider. One that cannot be asked for stays."""
    journal = open_journal(run)
    outcome = Cancelled(journal.path.parent)
    for queue, row in unfinished(journal, which, backends, Measurement(run, say=say)):
        for record in row["jobs"]:
            if record.state in UNFINISHED:
                try:
                    _cancel(queue.member(record.backend), journal, record, outcome)
                except RemoteError as error:
                    outcome.failed.append(error.about(record.backend, record.job_id, ""))
    return outcome


def _cancel(device: Adapter, journal: Journal, record: JobRecord, outcome: Cancelled) -> None:
    retrying = retrying_caller(device)
    require_account(record, device, retrying, "cancel with the credentials of that account")
    job_id = record.job_id or _unseen(device, journal, record)
    if job_id is None:
        journal.jobs.ended(record.key, "cancelled", "cancelled before it was sent")
        outcome.cancelled.append(record)
        return
    record = record._replace(job_id=job_id)
    retrying(lambda: device.cancel(job_id), job_id=job_id)
    status: JobStatus = retrying(lambda: device.status(job_id), job_id=job_id)
    if status.state in ("cancelled", "failed"):
        reason = retrying.hide(status.reason) or f"{status.state}, no reason was given"
        charge = retrying(lambda: device.charged(job_id), job_id=job_id)
        journal.jobs.ended(record.key, status.state, reason, charge)
    where = {"cancelled": outcome.cancelled, "failed": outcome.ended, "done": outcome.ended}
    where.get(status.state, outcome.asked).append(record)


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
