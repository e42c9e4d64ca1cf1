"""Jobs that their provider does not know: unknown is not failed.

A job may be unknown for a moment after it was accepted, or while a part of the service is away; or
the credentials are those of another account. None of it makes it a job that may be bought again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qfusion_core.remote.accounts import require_account
from qfusion_core.remote.errors import Refused, RemoteError
from qfusion_core.remote.job import JobStatus
from qfusion_core.remote.journal.records import JobRecord
from qfusion_core.remote.queued_device import QueuedDevice
from qfusion_core.remote.retry import RetryingCaller
from qfusion_core.remote.submission import new_asking

if TYPE_CHECKING:
    from qfusion_core.remote.adapter import Adapter
    from qfusion_core.remote.journal.job_store import JobStore

_LOOKS = 3  # at least, however long they take


class MissingJobs:
    """Counts how often a job was unknown in a row, and since when, in this process.

    Args:
        ledger: Where the jobs stand.
        next_step: For errors.
        give_up: For errors, where a job may never be known again.
    """

    def __init__(self, ledger: JobStore, next_step: str, give_up: str) -> None:
        self._ledger, self._next, self._give_up = ledger, next_step, give_up
        self._seen: dict[str, tuple[float, int]] = {}

    def known(self, entry: JobRecord) -> None:
        """The provider knows it."""
        self._seen.pop(entry.key, None)

    def look(
        self, entry: JobRecord, device: Adapter, ask: RetryingCaller, reason: str
    ) -> JobStatus:
        """It is unknown once more: for a grace period it counts as running.

        Raises:
            Refused: It is unknown, and cannot be found by its key; nothing is changed by that.
        """
        began, looks = self._seen.get(entry.key, (time.monotonic(), 0))
        self._seen[entry.key] = (began, looks + 1)
        if looks + 1 < _LOOKS or time.monotonic() - began < device.options.grace_seconds:
            return JobStatus("running")
        job_id, next_step = entry.job_id, self._next
        found = ask(lambda: device.find(entry.key), job_id=job_id, next_step=next_step)
        if found is not None:
            self.known(entry)
            self._ledger.known(entry.key, found)
            return JobStatus("running")
        error = _unknown(reason or "unknown")
        self._ledger.unreadable(entry.key, ask.hide(error.reason))
        error.about(entry.backend, job_id, next_step)
        raise error.about(entry.backend, job_id, self._give_up)


def surely_failed(
    fleet: QueuedDevice, failed: Sequence[JobRecord], next_step: str
) -> list[JobRecord]:
    """Those of some failed jobs that may be sent anew: their provider was asked once more.

    One that is at work after all, or done, is noted so. Nobody is asked for what has failed for
    good, or was cancelled.

    Raises:
        RemoteError: The provider cannot be asked, or knows nothing of it in this account.
    """
    ledger = fleet.bound.measurement.journal.jobs
    split = {(entry.backend, entry.job_id) for entry in ledger.all() if entry.state == "done"}
    surely = []
    for entry in failed:
        # its result said so, or a part of it did
        seen = entry.unreadable is not None or (entry.backend, entry.job_id) in split
        if not entry.job_id or seen or entry.state != "failed":
            surely.append(entry)
            continue
        try:
            device = fleet.member(entry.backend)
        except RemoteError as error:
            raise error.about(entry.backend, entry.job_id, next_step) from None
        if device.tells_unknown and entry.account is not None:  # written by this adapter
            surely.append(entry)
            continue
        found = _alive(entry, device, next_step)
        if found is None:
            surely.append(entry)
        else:
            ledger.known(entry.key, found)
    return surely


def _alive(entry: JobRecord, device: Adapter, next_step: str) -> str | None:
    """Id under which a failed job is at work or done; None where it has failed indeed."""
    ask, job_id = new_asking(device), str(entry.job_id)
    known = {"job_id": job_id, "next_step": next_step}
    require_account(entry, device, ask, next_step)
    state = ask(lambda: device.status(job_id), **known).state
    if state in ("queued", "running", "done"):
        return job_id
    if state == "failed" and device.tells_unknown:
        return None
    found = ask(lambda: device.find(entry.key), **known)
    if found is None and state == "unknown":  # a journal of before may be of another account
        error = _unknown("unknown, though it was accepted")
        raise error.about(entry.backend, job_id, next_step)
    if found is None or found == job_id:
        return None
    state = ask(lambda: device.status(found), **known).state
    return found if state in ("queued", "running", "done") else None


def _unknown(reason: str) -> Refused:
    return Refused(
        f"{reason}: not in this account or instance; nothing was changed",
        next_step="check the credentials and the region: it may be in another account",
    )
