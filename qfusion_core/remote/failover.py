"""Gives to other machines what one has surely not taken, or could not run."""

from __future__ import annotations

from collections.abc import Sequence

from qfusion_core.remote.errors import BudgetError, RemoteError
from qfusion_core.remote.job import Call
from qfusion_core.remote.journal.records import Budgets, CallId, JobRecord
from qfusion_core.remote.missing import surely_failed
from qfusion_core.remote.price import Price
from qfusion_core.remote.queued_device import QueuedDevice
from qfusion_core.remote.submission import Submission


class Failover:
    """For one process's wait for one call.

    A job that may be at its provider, because a reply was lost or because nobody answers, is never
    handed over: it would be paid twice.

    Attributes:
        alone: Whether there is one machine only: then nothing is handed over, and what it raised
            goes to the user.
        out: Backends that get nothing more from this process, and why.
    """

    def __init__(
        self,
        fleet: QueuedDevice,
        call: Call,
        at: CallId,
        budgets: Budgets,
        owner: str,
        next_step: str,
        give_up: str,
    ) -> None:
        self._fleet, self._call, self._at = fleet, call, at
        self._budgets, self._owner = budgets, owner
        self._next, self._give_up = next_step, give_up
        self._jobs = fleet.bound.measurement.journal.jobs
        self.alone = len(fleet.members) + len(fleet.absent) == 1
        self.out: dict[str, RemoteError] = {}

    def of_unsent(self, backend: str, error: RemoteError) -> bool:
        """Hand over what a machine has surely not taken; whether there was anything.

        Raises:
            RemoteError: Nobody can take it, or there is nobody else.
        """
        if self.alone:
            raise error
        if backend not in self._fleet.members:
            may = "jobs that this process did not plan may be there: set it up again, "
            error.about(backend, None, f"{may}{self._give_up}; {self._next}")
        self.out.setdefault(backend, error)
        return self._hand_over(self._claim(backend), error)

    def of_failed(self, failed: Sequence[JobRecord], error: RemoteError) -> bool:
        """Hand over jobs that failed on one machine, and what it has not taken yet.

        Returns:
            Whether the jobs are others now, or go on after all.

        Raises:
            RemoteError: Nobody can take it, or there is nobody else.
        """
        if self.alone:
            raise error
        surely = surely_failed(self._fleet, failed, self._give_up)
        if not surely:
            return True
        backend = failed[0].backend
        self.out.setdefault(backend, error)
        return self._hand_over([*surely, *self._claim(backend)], error)

    def shown(self, entry: JobRecord) -> str:
        """Id of a job; with its backend, where there are several."""
        return str(entry.job_id) if self.alone else f"{entry.backend} {entry.job_id}"

    def _claim(self, backend: str) -> list[JobRecord]:
        """Intents of a backend that were surely not taken; ours to submit from now on."""
        ours = []
        for entry in self._jobs.of(self._at):
            if entry.backend == backend and entry.state == "intent":
                claimed = self._jobs.claim(entry.key, self._owner)
                if claimed is not None and claimed.sent is None and self._is_unsent(claimed):
                    ours.append(claimed)
                elif claimed is not None:
                    self._jobs.let_go(entry.key)
        return ours

    def _is_unsent(self, entry: JobRecord) -> bool:
        """Whether a machine has not taken what this journal, which may be a copy, never sent."""
        device = self._fleet.members.get(entry.backend)
        if device is None:  # nobody can ask it
            return self._jobs.wrote(entry.key)
        try:
            found = Submission(device, self._jobs, self._owner, self._next).look(entry)
        except RemoteError:
            return False
        if found is not None:
            self._jobs.submitted(entry.key, found)
        return found is None

    def _hand_over(self, entries: list[JobRecord], error: RemoteError) -> bool:
        if not entries:
            return False
        said = {name: each.reason for name, each in self.out.items()}
        try:
            plan = self._fleet.replan(self._call, entries, said)
            others = ", ".join(dict.fromkeys(each.backend for each in plan))
            why = f"handed over to {others}: {error.reason}"
            self._jobs.replace(entries, plan, self._at, self._budgets, why)
        except RemoteError as nobody:
            raise nobody.about(self._fleet.bound.backend, None, self._alive()) from None
        except BudgetError as refused:
            raise BudgetError(f"{refused}; {self._alive()}") from None
        finally:
            for entry in entries:
                self._jobs.let_go(entry.key)  # those that are still intents
        rows = sum(end - first for first, end in dict.fromkeys(entry.rows for entry in entries))
        price = Price.total(each.price for each in plan)
        self._fleet.bound.measurement.say(
            f"{self._fleet.bound.backend}: {rows} row(s) of {entries[0].backend} go to {others} "
            f"({price}): {error.reason}"
        )
        return True

    def _alive(self) -> str:
        """Jobs that go on, and how to go on with them."""
        alive = [each for each in self._jobs.of(self._at) if each.state == "submitted"]
        shown = ", ".join(self.shown(entry) for entry in alive)
        return (f"still at work: {shown}; " if alive else "") + self._next
