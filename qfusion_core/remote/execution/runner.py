"""Submits the jobs of a call and waits for them. The journal is the only state: it is read anew in
each round, so that several processes can work on one call.

Where several machines share a call, all jobs are submitted before the first look. What a machine
surely has not taken, and what failed there, goes to the others; what it may have taken never does.
"""

from __future__ import annotations

import time
from collections import Counter

from qfusion_core.remote.adapter.progress import Progress
from qfusion_core.remote.errors import JobsLeft, JobsPending, RemoteError, Transient
from qfusion_core.remote.execution.call_errors import CallErrors
from qfusion_core.remote.execution.closing import close_sessions
from qfusion_core.remote.execution.consent import require_consent
from qfusion_core.remote.execution.failover import Failover
from qfusion_core.remote.execution.poller import Poller
from qfusion_core.remote.execution.submission import Submission
from qfusion_core.remote.journal.rows.lease import new_owner
from qfusion_core.remote.journal.rows.records import Budgets, CallId, JobRecord
from qfusion_core.remote.machine.job import Call, JobStatus
from qfusion_core.remote.planning.queued_device import QueuedDevice


class CallRunner:
    """One process's work on one call.

    Args:
        queue: The machines.
        call: As it is stored.
        call_id: Its place.
        budgets: Of the machines' backends.

    Attributes:
        unfinished: Jobs that were not done at the last look.
    """

    def __init__(self, queue: QueuedDevice, call: Call, call_id: CallId, budgets: Budgets) -> None:
        self._queue, self._call, self._call_id = queue, call, call_id
        self._measurement = queue.bound.measurement
        self._journal = self._measurement.journal
        self._errors = errors = CallErrors(queue, call_id)
        owner = new_owner()
        self._senders = {
            name: Submission(member, self._journal.jobs, owner, errors.next_step)
            for name, member in queue.members.items()
        }
        self._failover = Failover(queue, call, call_id, budgets, owner, errors)
        self._poller = Poller(queue, call, errors.next_step, errors.give_up)
        self._silent: dict[str, RemoteError] = {}  # backends that are not asked again in this round
        self._stuck: dict[str, RemoteError] = {}  # jobs that could not be settled in it, by key
        # as seldom as the slowest machine wants it, as long as the most patient
        self._options = [member.options for member in queue.members.values() if not member.local]
        self._began = time.monotonic()
        self.unfinished: list[JobRecord] = []

    def submit(self) -> None:
        """Send what is not sent, and look at every job once.

        Raises:
            RemoteError: A job failed or was cancelled, and no other machine takes it.
        """
        close_sessions(self._queue)
        self._began = time.monotonic()
        self._round()

    def wait(self) -> None:
        """Go on until every job is done and its values are written.

        Raises:
            RemoteError: As of `submit`; the time is over; no machine can be reached, or what they
                gave cannot be read.
        """
        pause = max((options.poll_seconds for options in self._options), default=0.0)
        longest = max((options.poll_seconds_max for options in self._options), default=0.0)
        timeout = max((options.timeout_seconds for options in self._options), default=0.0)
        while self.unfinished:
            lost = self._lost()
            if len(lost) == len(self.unfinished):
                raise self._errors.with_ways_out(lost[0])
            remaining = timeout - (time.monotonic() - self._began)
            if remaining <= 0:
                raise self._errors.pending(
                    JobsPending, f"not done after {timeout:g} s", self.unfinished
                )
            time.sleep(min(pause, remaining))
            pause = min(1.5 * pause, longest)
            self._round()

    def jobs_left(self) -> JobsLeft:
        """What is said of `unfinished` where nobody waits for it.

        Raises:
            RemoteError: It is not known of a job whether it is at work.
        """
        if lost := self._lost():
            raise self._errors.with_ways_out(lost[0])
        return self._errors.pending(JobsLeft, "submitted", self.unfinished)

    def _round(self) -> None:
        """Send and look, again at once where others are to do what failed."""
        lease = max((options.lease_seconds for options in self._options), default=0.0)
        moved = True
        while moved:
            self._submit()
            self._journal.opened.renew(lease)
            moved = self._look()

    def _submit(self) -> None:
        """Send every intent, up to what each machine takes at once."""
        moved = True
        while moved:
            moved = False
            records = self._journal.jobs.of(self._call_id)
            for backend in dict.fromkeys(record.backend for record in records):
                try:
                    self._send([record for record in records if record.backend == backend], backend)
                except RemoteError as error:
                    moved |= self._failover.of_unsent(backend, error)

    def _send(self, records: list[JobRecord], backend: str) -> None:
        if backend in self._failover.out:
            return
        pending = sum(record.state == "submitted" for record in records)
        intents = [record for record in records if record.state == "intent"]
        require_consent(self._queue, self._call, self._call_id, intents)
        if intents:
            self._senders[backend].heed(intents)
        for record in records:
            limit = self._queue.member(backend).max_pending
            if record.state == "intent" and (limit is None or pending < limit):
                self._senders[backend].send(self._journal.job(self._call, record), record.key)
                pending += 1

    def _look(self) -> bool:
        """Ask for every job that is at a provider; keep what is done.

        Returns:
            Whether others are to do now what failed.

        Raises:
            RemoteError: The first job that failed or could not be read, where nobody else can take
                it; what others gave is kept before.
        """
        states: Counter[str] = Counter()
        positions, unfinished, failed = [], [], []
        self._silent, self._stuck = {}, {}
        for record in self._journal.jobs.of(self._call_id):
            if record.state != "submitted":
                states[record.state] += 1
                unfinished += [record] if record.state == "intent" else []
                failed += [record] if record.state in ("failed", "cancelled") else []
                continue
            status = self._try_to_settle(record)
            states[status.state] += 1
            if status.state in ("queued", "running"):
                unfinished.append(record)
                positions += [] if status.position is None else [status.position]
            elif status.state != "done":
                ended = self._ended(record, status)
                failed += ended
                unfinished += [] if ended else [record]  # somebody else has taken that up already
        position = min(positions, default=None)
        seconds = time.monotonic() - self._began
        self._measurement.on_progress(
            Progress(self._queue.bound.backend, dict(states), position, seconds)
        )
        self.unfinished = unfinished
        moved = self._give_to_others(failed)
        if self._stuck and self._errors.alone:
            raise self._errors.with_ways_out(next(iter(self._stuck.values())))
        return moved

    def _give_to_others(self, failed: list[JobRecord]) -> bool:
        """Whether others are to do now what failed.

        Raises:
            RemoteError: Nobody takes it, or somebody has cancelled it.
        """
        for record in failed:
            if record.state == "cancelled":  # somebody wants it to end: nobody else is asked
                raise self._errors.ended(record, len(self.unfinished))
        moved = False
        for backend in dict.fromkeys(record.backend for record in failed):
            ours = [record for record in failed if record.backend == backend]
            error = self._errors.ended(ours[0], len(self.unfinished))
            moved |= self._failover.of_failed(ours, error)
        return moved

    def _ended(self, record: JobRecord, status: JobStatus) -> list[JobRecord]:
        """A job that has ended badly, or the parts of it that have."""
        if status.state == "cancelled":
            return [record._replace(state=status.state, reason=status.reason)]
        now = self._journal.jobs.of(self._call_id)
        ours = (record.backend, record.job_id, "failed")
        return [job for job in now if (job.backend, job.job_id, job.state) == ours]

    def _try_to_settle(self, record: JobRecord) -> JobStatus:
        """The state of a submitted job; as far as others are concerned, it runs if nobody knows."""
        if record.backend not in self._silent:
            try:
                return self._poller.settle(record)
            except RemoteError as error:
                self._stuck[record.key] = error
                # one that cannot be read leaves those behind it alone; where nobody answers, or
                # two in a row time out, the others would take as long
                lost = [stuck for stuck in self._stuck.values() if isinstance(stuck, Transient)]
                if not error.answered or len(lost) > 1:
                    self._silent[record.backend] = error
        else:
            self._stuck[record.key] = self._silent[record.backend]
        return JobStatus("running")

    def _lost(self) -> list[RemoteError]:
        """Why unfinished jobs cannot be brought on: of each of those that are at a machine that
        cannot be asked, or can be sent to none.
        """
        out = self._failover.out
        return [
            self._stuck.get(record.key) or self._silent.get(record.backend) or out[record.backend]
            for record in self.unfinished
            if record.key in self._stuck
            or record.backend in self._silent
            or (record.state == "intent" and record.backend in out)
        ]
