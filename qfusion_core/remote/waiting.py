"""Submits the jobs of a call and waits for them. The journal is the only state: it is read anew in
each round, so that several processes can work on one call.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, get_args

from qfusion_core.errors import QfusionError
from qfusion_core.remote.errors import JobCancelled, JobFailed, JobsLeft, JobsPending, RemoteError
from qfusion_core.remote.intents import At, Entry
from qfusion_core.remote.job import Call, JobStatus, Result, State
from qfusion_core.remote.measurement import Progress
from qfusion_core.remote.owner import new_owner
from qfusion_core.remote.planning import require_result
from qfusion_core.remote.submission import Submission, new_asking

if TYPE_CHECKING:
    from qfusion_core.remote.device import RemoteDevice


class Waiting:
    """One process's wait for one call."""

    def __init__(self, device: RemoteDevice, call: Call, at: At) -> None:
        self._device, self._call, self._at = device, call, at
        self._measurement = device.bound.measurement
        self._journal = self._measurement.journal
        self._ask = new_asking(device)
        self._next = (
            f"no job is lost: run the same again, or `{self._measurement.command('resume')}`"
        )
        self._forget = f"`{self._measurement.command('forget')} {at.measurement}`"
        self._sender = Submission(device, self._journal.jobs, new_owner(), self._next)

    def run(self) -> None:
        """Return when every job is done and its values are written.

        Raises:
            RemoteError: A job failed or was cancelled; the time is over; the machine cannot be
                reached; the jobs are submitted and nobody waits.
        """
        options = self._device.options
        began, wait = time.monotonic(), options.poll_seconds
        while True:
            self._submit()
            unfinished = self._look(began)
            if not unfinished:
                return
            left = options.timeout_seconds - (time.monotonic() - began)
            if not self._measurement.wait:
                raise self._pending(JobsLeft, "submitted", unfinished)
            if left <= 0:
                said = f"not done after {options.timeout_seconds:g} s"
                raise self._pending(JobsPending, said, unfinished)
            time.sleep(min(wait, left))
            wait = min(1.5 * wait, options.poll_seconds_max)

    def _submit(self) -> None:
        """Send every intent, up to what the provider takes at once."""
        entries = self._journal.jobs.of(self._at)
        pending = sum(entry.state == "submitted" for entry in entries)
        limit = self._device.max_pending
        for entry in entries:
            if entry.state == "intent" and (limit is None or pending < limit):
                self._sender.send(self._journal.job(self._call, entry), entry.key)
                pending += 1

    def _look(self, began: float) -> list[Entry]:
        """Ask for every job that is at the provider; keep what is done; return what is not.

        Raises:
            RemoteError: The first job that failed; what others gave is kept before.
        """
        states: Counter[str] = Counter()
        positions, unfinished, failed = [], [], []
        for entry in self._journal.jobs.of(self._at):
            if entry.state != "submitted":
                states[entry.state] += 1
                unfinished += [entry] if entry.state == "intent" else []
                failed += [entry] if entry.state in ("failed", "cancelled") else []
                continue
            status = self._settle(entry)
            states[status.state] += 1
            if status.state in ("queued", "running"):
                unfinished.append(entry)
                positions += [] if status.position is None else [status.position]
            elif status.state != "done":
                failed.append(entry._replace(state=status.state, reason=status.reason))
        position = min(positions, default=None)
        seconds = time.monotonic() - began
        self._measurement.on_progress(
            Progress(self._device.bound.backend, dict(states), position, seconds)
        )
        if failed:
            raise self._error(failed[0], len(unfinished))
        return unfinished

    def _settle(self, entry: Entry) -> JobStatus:
        """The state of a submitted job, which is written down if it is the last."""
        job_id = str(entry.job_id)
        known = {"job_id": job_id, "next_step": self._next}
        status = self._ask(lambda: self._device.status(job_id), **known)
        if status.state not in get_args(State):
            raise QfusionError(
                f"device {self._device.name!r}: status returned {status.state!r}, expected one of "
                f"{', '.join(get_args(State))}; this is a fault of the device's plugin"
            )
        if status.state == "done":
            result = self._ask(lambda: self._fetch(entry), **known)
            self._journal.jobs.done(entry.key, result)
        elif status.state in ("failed", "cancelled"):
            reason = self._ask.hide(status.reason) or f"{status.state}, no reason was given"
            status = status._replace(reason=reason)
            self._journal.jobs.ended(entry.key, status.state, reason)
        return status

    def _fetch(self, entry: Entry) -> Result:
        job = self._journal.job(self._call, entry)
        result = self._device.fetch(job, str(entry.job_id))
        require_result(self._device.name, job, result)
        raw = self._ask.hide_bytes(result.raw)
        return Result(result.values, raw, result.qpu_seconds, result.usd)

    def _error(self, entry: Entry, others: int) -> RemoteError:
        kind = JobFailed if entry.state == "failed" else JobCancelled
        stay = f"{others} other job(s) of the plan go on; " if others else ""
        return kind(
            f"{entry.state}: {entry.reason}",
            job_id=entry.job_id,
            backend=self._device.bound.backend,
            next_step=f"{stay}run the same again to send this one anew, or give up with "
            f"{self._forget}",
        )

    def _pending(self, kind: type[JobsPending], said: str, unfinished: list[Entry]) -> JobsPending:
        ids = [entry.job_id for entry in unfinished if entry.job_id]
        shown = ", ".join(ids[:5]) + (f", ... ({len(ids)} in all)" if len(ids) > 5 else "")
        unsent = len(unfinished) - len(ids)
        return kind(
            said + (f", {unsent} job(s) not sent yet" if unsent else ""),
            job_id=shown or None,
            backend=self._device.bound.backend,
            next_step=self._next,
        )
