"""Gives to other machines what one has surely not taken, or could not run."""

from __future__ import annotations

from collections.abc import Sequence

from qfusion_core.remote.errors import BudgetError, RemoteError
from qfusion_core.remote.execution.call_errors import CallErrors
from qfusion_core.remote.execution.missing_jobs import surely_failed
from qfusion_core.remote.execution.submission import Submission
from qfusion_core.remote.journal.rows.records import Budgets, CallId, JobRecord
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.planning.queued_device import QueuedDevice


class Failover:
    """For one process's wait for one call.

    A job that may be at its provider, because a reply was lost or because nobody answers, is never
    handed over: it would be paid twice.

    Args:
        queue: The machines.
        call: The whole.
        call_id: Its place.
        budgets: Of the machines' backends.
        owner: Who submits.
        errors: What is said where nobody takes a job. Where there is one machine only, what it
            raised goes to the user.

    Attributes:
        out: Backends that get nothing more from this process, and why.
    """

    def __init__(
        self,
        queue: QueuedDevice,
        call: Call,
        call_id: CallId,
        budgets: Budgets,
        owner: str,
        errors: CallErrors,
    ) -> None:
        self._queue, self._call, self._call_id = queue, call, call_id
        self._budgets, self._owner, self._errors = budgets, owner, errors
        self._jobs = queue.bound.measurement.journal.jobs
        self.out: dict[str, RemoteError] = {}

    def of_unsent(self, backend: str, error: RemoteError) -> bool:
        """Hand over what a machine has surely not taken; whether there was anything.

        Raises:
            RemoteError: Nobody can take it, or there is nobody else.
        """
        if self._errors.alone:
            raise error
        if backend not in self._queue.members:
            may = "jobs that this process did not plan may be there: set it up again, "
            error.about(backend, None, f"{may}{self._errors.give_up}; {self._errors.next_step}")
        self.out.setdefault(backend, error)
        return self._hand_over(self._claim(backend), error)

    def of_failed(self, failed: Sequence[JobRecord], error: RemoteError) -> bool:
        """Hand over jobs that failed on one machine, and what it has not taken yet.

        Returns:
            Whether the jobs are others now, or go on after all.

        Raises:
            RemoteError: Nobody can take it, or there is nobody else.
        """
        if self._errors.alone:
            raise error
        surely = surely_failed(self._queue, failed, self._errors.give_up)
        if not surely:
            return True
        backend = failed[0].backend
        self.out.setdefault(backend, error)
        return self._hand_over([*surely, *self._claim(backend)], error)

    def _claim(self, backend: str) -> list[JobRecord]:
        """Intents of a backend that were surely not taken; ours to submit from now on."""
        ours = []
        for record in self._jobs.of(self._call_id):
            if record.backend == backend and record.state == "intent":
                claimed = self._jobs.claim(record.key, self._owner)
                if claimed is not None and claimed.sent is None and self._is_unsent(claimed):
                    ours.append(claimed)
                elif claimed is not None:
                    self._jobs.let_go(record.key)
        return ours

    def _is_unsent(self, record: JobRecord) -> bool:
        """Whether a machine has not taken what this journal, which may be a copy, never sent."""
        device = self._queue.members.get(record.backend)
        if device is None:  # nobody can ask it
            return self._jobs.wrote(record.key)
        try:
            sender = Submission(device, self._jobs, self._owner, self._errors.next_step)
            job_id = sender.look(record)
        except RemoteError:
            return False
        if job_id is not None:
            self._jobs.submitted(record.key, job_id)
        return job_id is None

    def _hand_over(self, records: list[JobRecord], error: RemoteError) -> bool:
        if not records:
            return False
        reasons = {name: each.reason for name, each in self.out.items()}
        try:
            plan = self._queue.replan(self._call, records, reasons)
            others = ", ".join(dict.fromkeys(job.backend for job in plan))
            why = f"handed over to {others}: {error.reason}"
            self._jobs.replace(records, plan, self._call_id, self._budgets, why)
        except RemoteError as nobody:
            raise nobody.about(self._queue.bound.backend, None, self._alive()) from None
        except BudgetError as refused:
            raise BudgetError(f"{refused}; {self._alive()}") from None
        finally:
            for record in records:
                self._jobs.let_go(record.key)  # those that are still intents
        rows = sum(end - first for first, end in dict.fromkeys(record.rows for record in records))
        price = Price.total(job.price for job in plan)
        self._queue.bound.measurement.say(
            f"{self._queue.bound.backend}: {rows} row(s) of {records[0].backend} go to {others} "
            f"({price}): {error.reason}"
        )
        return True

    def _alive(self) -> str:
        """Jobs that go on, and how to go on with them."""
        alive = [record for record in self._jobs.of(self._call_id) if record.state == "submitted"]
        shown = ", ".join(self._errors.shown(record) for record in alive)
        return (f"still at work: {shown}; " if alive else "") + self._errors.next_step
