"""The jobs of a journal: intent, submitted, then done, failed or cancelled.

An intent is written, with its price, before anything is sent. Who submits it holds a lease, so that
two processes never submit one key.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

from qfusion_core.printable import one_line
from qfusion_core.remote.journal.rows.job_rows import go_on, records
from qfusion_core.remote.journal.rows.lease import gone
from qfusion_core.remote.journal.rows.partial_results import blob_of, charged, split
from qfusion_core.remote.journal.rows.records import Budgets, CallId, JobRecord, PlannedJob
from qfusion_core.remote.journal.rows.replacing import replace
from qfusion_core.remote.journal.rows.repricing import reprice
from qfusion_core.remote.journal.rows.sent_request import SentRequest, read_request, write_request
from qfusion_core.remote.journal.rows.validation import FURTHEST, array
from qfusion_core.remote.journal.sqlite.database import JournalDatabase
from qfusion_core.remote.journal.sqlite.file import damaged_row, give_up
from qfusion_core.remote.machine.job import Charge, Result
from qfusion_core.remote.money.budget import Budget
from qfusion_core.remote.money.price import Price

LEASE = 600.0  # seconds; renewed before a request goes out, and void when its process has ended


class JobStore:
    """The jobs of one journal.

    Args:
        store: Its file.
        clock: Seconds since 1970.
    """

    def __init__(self, store: JournalDatabase, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self._written: set[tuple[int, str]] = set()  # process and key

    def all(self) -> list[JobRecord]:
        """Every job, also those that others replaced."""
        return self._read("1 ORDER BY rowid")

    def of(self, call_id: CallId) -> list[JobRecord]:
        """The jobs of a call in the order of the plan, but those that others replaced."""
        which = "measurement = ? AND number = ? AND NOT replaced ORDER BY position"
        return self._read(which, call_id)

    def _read(self, which: str, given: Sequence[object] = ()) -> list[JobRecord]:
        with self._store.reading() as db:
            return records(db, self._store.path, which, given)

    def noted(self, keys: Iterable[str]) -> None:
        """Note that this process has written intents: it knows that none of them was sent."""
        self._written |= {(os.getpid(), key) for key in keys}

    def wrote(self, key: str) -> bool:
        """Whether this process has written an intent.

        Any other one is looked for at the provider before it is sent for the first time: the file
        may be a copy, or of another day.
        """
        return (os.getpid(), key) in self._written

    def replace(
        self,
        old: Sequence[JobRecord],
        planned: Sequence[PlannedJob],
        call_id: CallId,
        budgets: Budgets,
        why: str,
    ) -> None:
        """Write other jobs in place of some that failed, were cancelled, or are surely not sent.

        Those of the latter are the caller's to submit (`claim`). See `replacing.replace`.

        Raises:
            BudgetError: They do not fit.
        """
        with self._store.writing() as db:
            keys = replace(db, old, planned, call_id, budgets, why, self._clock())
        self.noted(keys)

    def reprice(self, backend: str, prices: Mapping[str, Price], budget: Budget) -> None:
        """Reserve the price of now for intents, if the budget allows all of them together.

        Args:
            backend: Whose jobs they are.
            prices: By key.
            budget: Of the backend.

        Raises:
            BudgetError: They do not fit; what was reserved for them before is not counted.
        """
        with self._store.writing() as db:
            reprice(db, backend, prices, budget)

    def claim(self, key: str, owner: str, seconds: float = LEASE) -> JobRecord | None:
        """Take or renew the lease on an intent, of so many seconds; None where another has it."""
        now = self._clock()
        with self._store.writing() as db:
            row = db.execute("SELECT owner, lease FROM job WHERE key = ?", (key,)).fetchone()
            (record,) = records(db, self._store.path, "key = ?", (key,))
            free = row["owner"] in (None, owner) or (row["lease"] or 0) < now or gone(row["owner"])
            if record.state != "intent" or not free:
                return None
            db.execute(
                "UPDATE job SET owner = ?, lease = ? WHERE key = ?", (owner, now + seconds, key)
            )
        return record

    def sending(
        self,
        key: str,
        owner: str,
        account: str | None = None,
        seconds: float = LEASE,
        request: SentRequest | None = None,
    ) -> bool:
        """Note that a submission goes out now, and in which account, if the lease is still held."""
        now = self._clock()
        with self._store.writing() as db:
            noted = db.execute(
                "UPDATE job SET sent = ?, lease = ?, account = ? WHERE key = ? AND owner = ? AND"
                " state = 'intent'",
                (now, now + seconds, account, key, owner),
            )
            if noted.rowcount and request is not None:
                write_request(db, key, request)
            return noted.rowcount == 1

    def not_sent(self, key: str) -> None:
        """Note that the machine took nothing, and let the lease go."""
        self._update(key, "intent", sent=None, owner=None, lease=None)

    def let_go(self, key: str) -> None:
        """Let the lease go; whether the machine took the job stays unknown."""
        self._update(key, "intent", owner=None, lease=None)

    def submitted(self, key: str, job_id: str) -> None:
        """Note the provider's id, also of a job that somebody has given up meanwhile."""
        with self._store.writing() as db:
            noted = db.execute(
                "UPDATE job SET state = 'submitted', job_id = ?, sent = NULL, owner = NULL,"
                " lease = NULL WHERE key = ? AND state = 'intent'",
                (job_id, key),
            )
            if not noted.rowcount:
                go_on(db, key, job_id, "state = 'cancelled' AND job_id IS NULL")

    def never_sent(self, key: str, reason: str) -> bool:
        """Note that an intent ends before it was sent; whether it was one still."""
        with self._store.writing() as db:
            noted = db.execute(
                "UPDATE job SET state = 'cancelled', reason = ?, ended = ?, owner = NULL"
                " WHERE key = ? AND state = 'intent' AND sent IS NULL",
                (reason, self._clock(), key),
            )
            return noted.rowcount == 1

    def done(self, key: str, result: Result) -> None:
        """Keep values and raw result, and what was really spent.

        What cannot be an amount counts as not told: what was reserved stays.
        """
        self._update(
            key,
            "submitted",
            state="done",
            ended=self._clock(),
            values=blob_of(result.values),
            raw=result.raw,
            unreadable=None,
            **charged(result),
        )

    def unreadable(self, key: str, reason: str, raw: bytes = b"") -> None:
        """Note why a job cannot be brought to its end, and what its provider gave.

        It stays where it is, and is asked for again; but the user may give it up.
        """
        self._update(key, "submitted", unreadable=reason, **({"raw": raw} if raw else {}))

    def split(self, record: JobRecord, result: Result) -> None:
        """Write parts in place of a job of which some were not run."""
        with self._store.writing() as db:
            split(db, record, result, self._clock())

    def goes_on(self, key: str, job_id: str) -> None:
        """Note that a job is at the provider, perhaps under another id, whatever was thought."""
        with self._store.writing() as db:
            go_on(db, key, job_id, "state IN ('submitted', 'failed')")

    def ended(self, key: str, state: str, reason: str, charge: Charge | None = None) -> None:
        """Note that a job failed or was cancelled, and what was taken for it all the same.

        Without an id it was never sent.
        """
        changes = {"state": state, "reason": reason, "ended": self._clock(), "owner": None}
        if charge is not None:  # the low end is what makes it count
            changes |= {"usd_low": 0.0} if charge.usd is None else charged(charge)
        self._update(key, "submitted" if state == "failed" else None, **changes)

    def values(self, record: JobRecord) -> Tensor:
        """Values of a job that is done: ``[rows, observables]``, float64.

        Raises:
            InputError: They are missing, of another shape, not finite, or beyond all reason.
        """
        shape = (record.rows[1] - record.rows[0], len(record.columns))
        advice = give_up(self._store.path, record.at.measurement)
        with damaged_row(self._store.path, f"what job {one_line(record.key, 40)} gave", advice):
            return array("values", self._blob(record.key, "values"), shape, FURTHEST)

    def raw(self, key: str) -> bytes:
        """What the provider returned for a job that is done; empty where it was nothing."""
        with damaged_row(self._store.path, f"what job {one_line(key, 40)} returned"):
            return bytes(memoryview(self._blob(key, "raw") or b""))  # of a number bytes makes zeros

    def request(self, key: str) -> SentRequest:
        """What last went out for a job; empty where its adapter does not tell."""
        with (
            self._store.reading() as db,
            damaged_row(self._store.path, f"what was sent for job {one_line(key, 40)}"),
        ):
            return read_request(db, key)

    def _blob(self, key: str, column: str) -> Any:
        with self._store.reading() as db:
            return db.execute(f'SELECT "{column}" FROM job WHERE key = ?', (key,)).fetchone()[0]

    def _update(self, key: str, state_before: str | None, **changes: Any) -> None:
        columns = ", ".join(f'"{name}" = ?' for name in changes)
        states = [state_before] if state_before else ["intent", "submitted"]
        marks = ", ".join("?" for _ in states)
        with self._store.writing() as db:
            db.execute(
                f"UPDATE job SET {columns} WHERE key = ? AND state IN ({marks})",
                (*changes.values(), key, *states),
            )
