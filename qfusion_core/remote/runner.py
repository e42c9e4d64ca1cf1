"""Submits the jobs of a call and waits for them. The journal is the only state: it is read anew in
each round, so that several processes can work on one call.

Where several machines share a call, all jobs are submitted before the first look. What a machine
surely has not taken, and what failed there, goes to the others; what it may have taken never does.
"""

from __future__ import annotations

import time
from collections import Counter

from qfusion_core.remote.consent import require_consent
from qfusion_core.remote.errors import (
    JobCancelled,
    JobFailed,
    JobsLeft,
    JobsPending,
    RemoteError,
    Transient,
)
from qfusion_core.remote.failover import Failover
from qfusion_core.remote.job import Call, JobStatus
from qfusion_core.remote.journal.lease import new_owner
from qfusion_core.remote.journal.records import UNFINISHED, Budgets, CallId, JobRecord
from qfusion_core.remote.leftovers import close_left
from qfusion_core.remote.measurement import Progress
from qfusion_core.remote.poller import Poller
from qfusion_core.remote.queued_device import QueuedDevice
from qfusion_core.remote.signals import ending_politely
from qfusion_core.remote.submission import Submission


class CallRunner:
    """One process's wait for one call."""

    def __init__(self, fleet: QueuedDevice, call: Call, at: CallId, budgets: Budgets) -> None:
        self._fleet, self._call, self._at = fleet, call, at
        self._measurement = fleet.bound.measurement
        self._journal = self._measurement.journal
        self._next = (
            f"no job is lost: run the same again, or `{self._measurement.command('resume')}`"
        )
        self._forget = f"`{self._measurement.command('forget', at.measurement)}`"
        owner = new_owner()
        self._senders = {
            name: Submission(member, self._journal.jobs, owner, self._next)
            for name, member in fleet.members.items()
        }
        give_up = f"or give it up with {self._forget}"
        self._handover = Failover(fleet, call, at, budgets, owner, self._next, give_up)
        self._desk = Poller(fleet, call, self._next, give_up)
        self._silent: dict[str, RemoteError] = {}  # backends that are not asked again in this round
        self._stuck: dict[str, RemoteError] = {}  # jobs that could not be settled in it, by key

    def run(self) -> None:
        """Return when every job is done and its values are written.

        Raises:
            RemoteError: A job failed or was cancelled, and no other machine takes it; the time is
                over; a machine cannot be reached, or what it gave cannot be read; the jobs are
                submitted and nobody waits.
            KeyboardInterrupt: This process is to end; sessions are closed when it does.
        """
        close_left(self._fleet)
        with ending_politely():
            self._run()

    def _run(self) -> None:
        # as seldom as the slowest machine wants it, as long as the most patient
        waited = [each.options for each in self._fleet.members.values() if not each.local]
        wait = max((each.poll_seconds for each in waited), default=0.0)
        longest = max((each.poll_seconds_max for each in waited), default=0.0)
        timeout = max((each.timeout_seconds for each in waited), default=0.0)
        lease = max((each.lease_seconds for each in waited), default=0.0)
        began = time.monotonic()
        while True:
            self._submit()
            self._journal.opened.renew(lease)
            unfinished, moved = self._look(began)
            if moved:
                continue
            if not unfinished:
                return
            self._require_hope(unfinished)
            left = timeout - (time.monotonic() - began)
            if not self._measurement.wait:
                raise self._pending(JobsLeft, "submitted", unfinished)
            if left <= 0:
                raise self._pending(JobsPending, f"not done after {timeout:g} s", unfinished)
            time.sleep(min(wait, left))
            wait = min(1.5 * wait, longest)

    def _submit(self) -> None:
        """Send every intent, up to what each machine takes at once."""
        moved = True
        while moved:
            moved = False
            entries = self._journal.jobs.of(self._at)
            for backend in dict.fromkeys(entry.backend for entry in entries):
                try:
                    self._send([entry for entry in entries if entry.backend == backend], backend)
                except RemoteError as error:
                    moved |= self._handover.of_unsent(backend, error)

    def _send(self, entries: list[JobRecord], backend: str) -> None:
        if backend in self._handover.out:
            return
        pending = sum(entry.state == "submitted" for entry in entries)
        intents = [entry for entry in entries if entry.state == "intent"]
        require_consent(self._fleet, self._call, self._at, intents)
        if intents:
            self._senders[backend].heed(intents)
        for entry in entries:
            limit = self._fleet.member(backend).max_pending
            if entry.state == "intent" and (limit is None or pending < limit):
                self._senders[backend].send(self._journal.job(self._call, entry), entry.key)
                pending += 1

    def _look(self, began: float) -> tuple[list[JobRecord], bool]:
        """Ask for every job that is at a provider; keep what is done.

        Returns:
            What is not done, and whether others are to do now what failed.

        Raises:
            RemoteError: The first job that failed or could not be read, where nobody else can take
                it; what others gave is kept before.
        """
        states: Counter[str] = Counter()
        positions, unfinished, failed = [], [], []
        self._silent, self._stuck = {}, {}
        for entry in self._journal.jobs.of(self._at):
            if entry.state != "submitted":
                states[entry.state] += 1
                unfinished += [entry] if entry.state == "intent" else []
                failed += [entry] if entry.state in ("failed", "cancelled") else []
                continue
            status = self._try_to_settle(entry)
            states[status.state] += 1
            if status.state in ("queued", "running"):
                unfinished.append(entry)
                positions += [] if status.position is None else [status.position]
            elif status.state != "done":
                ended = self._ended(entry, status)
                failed += ended
                unfinished += [] if ended else [entry]  # somebody else has taken that up already
        position = min(positions, default=None)
        seconds = time.monotonic() - began
        self._measurement.on_progress(
            Progress(self._fleet.bound.backend, dict(states), position, seconds)
        )
        for entry in failed:
            if entry.state == "cancelled":  # somebody wants it to end: nobody else is asked
                raise self._error(entry, len(unfinished))
        moved = False
        for backend in dict.fromkeys(entry.backend for entry in failed):
            ours = [entry for entry in failed if entry.backend == backend]
            moved |= self._handover.of_failed(ours, self._error(ours[0], len(unfinished)))
        if self._stuck and self._handover.alone:
            raise self._with_ways_out(next(iter(self._stuck.values())))
        return unfinished, moved

    def _ended(self, entry: JobRecord, status: JobStatus) -> list[JobRecord]:
        """A job that has ended badly, or the parts of it that have."""
        if status.state == "cancelled":
            return [entry._replace(state=status.state, reason=status.reason)]
        now = self._journal.jobs.of(self._at)
        ours = (entry.backend, entry.job_id, "failed")
        return [each for each in now if (each.backend, each.job_id, each.state) == ours]

    def _try_to_settle(self, entry: JobRecord) -> JobStatus:
        """The state of a submitted job; as far as others are concerned, it runs if nobody knows."""
        if entry.backend not in self._silent:
            try:
                return self._desk.settle(entry)
            except RemoteError as error:
                self._stuck[entry.key] = error
                # one that cannot be read leaves those behind it alone; where nobody answers, or
                # two in a row time out, the others would take as long
                lost = [each for each in self._stuck.values() if isinstance(each, Transient)]
                if not error.answered or len(lost) > 1:
                    self._silent[entry.backend] = error
        else:
            self._stuck[entry.key] = self._silent[entry.backend]
        return JobStatus("running")

    def _require_hope(self, unfinished: list[JobRecord]) -> None:
        """End where all that is left is at machines that cannot be asked.

        Raises:
            RemoteError: What the first of them said.
        """
        out = self._handover.out
        lost = [
            self._stuck.get(entry.key) or self._silent.get(entry.backend) or out[entry.backend]
            for entry in unfinished
            if entry.key in self._stuck
            or entry.backend in self._silent
            or (entry.state == "intent" and entry.backend in out)
        ]
        if lost and (len(lost) == len(unfinished) or not self._measurement.wait):
            raise self._with_ways_out(lost[0])

    def _with_ways_out(self, error: RemoteError) -> RemoteError:
        """`--again` leaves a measurement only where nothing else of it is waited for."""
        jobs = self._journal.jobs.of(self._at)
        stuck = all(job.unreadable is not None for job in jobs if job.state in UNFINISHED)
        if stuck and self._forget in error.next_step:
            error.next_step += ", or measure anew with --again"
        return error

    def _error(self, entry: JobRecord, others: int) -> RemoteError:
        kind = JobFailed if entry.state == "failed" else JobCancelled
        stay = f"{others} other job(s) of the plan go on; " if others else ""
        return kind(
            f"{entry.state}: {entry.reason}",
            job_id=entry.job_id,
            backend=entry.backend,
            next_step=f"{stay}run the same again to send this one anew, or give up with "
            f"{self._forget}",
        )

    def _pending(
        self, kind: type[JobsPending], said: str, unfinished: list[JobRecord]
    ) -> JobsPending:
        ids = [self._handover.shown(entry) for entry in unfinished if entry.job_id]
        shown = ", ".join(ids[:5]) + (f", ... ({len(ids)} in all)" if len(ids) > 5 else "")
        unsent = len(unfinished) - len(ids)
        return kind(
            said + (f", {unsent} job(s) not sent yet" if unsent else ""),
            job_id=shown or None,
            backend=self._fleet.bound.backend,
            next_step=self._next,
        )
