"""The journal of a run: what was asked of remote machines, written down before it is sent.

One SQLite file in a folder, safe for several processes. A measurement holds calls, by number; a
call holds jobs (see `qfusion_core.remote.journal.rows.job_store`).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.printable import one_line
from qfusion_core.remote.journal.open_sessions import OpenSessions
from qfusion_core.remote.journal.presence import NAME
from qfusion_core.remote.journal.rows.job_rows import records, reserve, spent
from qfusion_core.remote.journal.rows.job_store import JobStore
from qfusion_core.remote.journal.rows.lease import lives, new_owner, same_process
from qfusion_core.remote.journal.rows.measurement_rows import insert, open_ones, taken_again
from qfusion_core.remote.journal.rows.parsed_rows import (
    MeasurementIdentity,
    assembled,
    call_of,
    job_of,
    measurement_of,
)
from qfusion_core.remote.journal.rows.records import Budgets, CallId, JobRecord, PlannedJob
from qfusion_core.remote.journal.sealing.ownership import NOT_OURS as NOT_OURS
from qfusion_core.remote.journal.sealing.ownership import Standing
from qfusion_core.remote.journal.sqlite.database import JournalDatabase
from qfusion_core.remote.journal.sqlite.file import damaged_row, give_up
from qfusion_core.remote.machine.job import Call, Job
from qfusion_core.remote.money.budget import Spending

_CALLS = "SELECT * FROM call JOIN circuit ON digest = circuit"


class Journal:
    """The journal of one folder; the file is made on the first write.

    Args:
        folder: Of the run.
        clock: Seconds since 1970.
        to_show: To be listed or exported only: then also a foreign journal is read, and nothing is
            written, not even beside the file.

    Attributes:
        path: The file.
        jobs: Its jobs.
        opened: What is open at providers.
    """

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.time, *, to_show: bool = False
    ) -> None:
        self.path = folder / NAME
        self._store = JournalDatabase(self.path, to_show=to_show)
        self.jobs = JobStore(self._store, clock)
        self.opened = OpenSessions(self._store, clock)
        self._clock = clock

    def standing(self) -> Standing:
        """Whose the journal is: of a foreign one nothing is sent, and no value is used."""
        return self._store.standing()

    def open(self, about: MeasurementIdentity, *, again: bool) -> str:
        """Id of the measurement to go on with: the last one of this kind, or a new one.

        A finished one is taken again for its values, unless ``again``; an open one always.
        """

        with self._store.reading() as db:  # a folder may be one that cannot be written
            name = taken_again(db, about, again=again)
        if name is None:
            with self._store.writing() as db:
                name = taken_again(db, about, again=again) or self._new(db, about)
        return name

    def take_up(self, about: MeasurementIdentity, call: Call) -> str:
        """Id of a measurement for a single call: that of `left`, or of a new one."""
        if (name := self.left(about, call)) is not None:
            return name
        with self._store.writing() as db:
            return self._new(db, about)

    def left(self, about: MeasurementIdentity, call: Call) -> str | None:
        """Id of a measurement of a single call that a process left open; None: there is none.

        It was left if its process has ended; one of which nothing is known, on another machine or
        in another container, counts as ended unless it is submitting just now.
        """
        me = new_owner()
        with self._store.reading() as db:
            rows = open_ones(db, about)
        for row in rows:
            alive = lives(row["owner"])
            if alive is None:
                alive = (row["lease"] or 0) > self._clock()
            if not alive or same_process(row["owner"], me):
                stored = self.call(CallId(row["id"], 0))
                if stored is not None and stored.agrees(call):
                    return str(row["id"])
        return None

    def _new(self, db: sqlite3.Connection, about: MeasurementIdentity) -> str:
        return insert(db, about, self._clock())

    def set_state(self, measurement: str, state: str) -> None:
        """Mark a measurement ``finished`` or ``forgotten``."""
        with self._store.reading() as db:
            asked = "SELECT state FROM measurement WHERE id = ?"
            row = db.execute(asked, (measurement,)).fetchone()
        if row is not None and row["state"] != state:
            with self._store.writing() as db:
                db.execute("UPDATE measurement SET state = ? WHERE id = ?", (state, measurement))

    def measurements(self) -> list[dict[str, Any]]:
        """All measurements in their order, each with its jobs under ``jobs``.

        Raises:
            InputError: A row is damaged.
        """
        with self._store.reading() as db:
            return self._measurements(db)

    def _measurements(self, db: sqlite3.Connection) -> list[dict[str, Any]]:
        jobs: defaultdict[str, list[JobRecord]] = defaultdict(list)
        for record in records(db, self.path, "1 ORDER BY rowid"):
            jobs[record.at.measurement].append(record)
        rows = []
        for row in map(dict, db.execute("SELECT * FROM measurement ORDER BY rowid")):
            shown = one_line(row["id"], 40)
            with damaged_row(self.path, f"measurement {shown}"):
                rows.append(measurement_of(row) | {"jobs": jobs[row["id"]]})
        return rows

    def adopted(self, measurement: str) -> bool:
        """Whether any of its values came with a journal that the user adopted.

        They are to be shown with `NOT_OURS`.
        """
        with self._store.reading() as db:
            asked = "SELECT 1 FROM job WHERE measurement = ? AND adopted AND NOT replaced"
            return db.execute(asked, (measurement,)).fetchone() is not None

    def adopt(self, content: str) -> None:
        """Make a foreign journal the user's own; nothing in it is approved by that.

        Args:
            content: What the user has seen: `Standing.content`.

        Raises:
            InputError: It has changed since, or something in it is damaged.
        """

        self._store.adopt(content, self._check)

    def check(self) -> None:
        """Read every measurement, job and call.

        Raises:
            InputError: One of them is damaged.
        """
        with self._store.reading() as db:
            self._check(db)

    def _check(self, db: sqlite3.Connection) -> None:
        self._measurements(db)
        for row in db.execute(_CALLS):
            self._call(row)

    def call(self, call_id: CallId) -> Call | None:
        """A stored call, None where there is none of this number.

        Raises:
            InputError: It is damaged.
        """
        with self._store.reading() as db:
            row = db.execute(f"{_CALLS} WHERE measurement = ? AND number = ?", call_id).fetchone()
        return None if row is None else self._call(row)

    def _call(self, row: sqlite3.Row) -> Call:
        shown = f"call {one_line(row['number'], 20)} of {one_line(row['measurement'], 40)}"
        with damaged_row(self.path, shown):
            return call_of(row)

    def write(
        self, call_id: CallId, call: Call, planned: Sequence[PlannedJob], budgets: Budgets
    ) -> None:
        """Write a call and its whole plan, if the budgets allow it; nothing if it is there already.

        Raises:
            BudgetError: The plan does not fit.
        """
        with self._store.writing() as db:
            there = "SELECT 1 FROM call WHERE measurement = ? AND number = ?"
            if db.execute(there, call_id).fetchone():
                return  # another process on the same measurement was faster
            digest = call.circuit.digest()
            encoded = TypeAdapter(Circuit).dump_json(call.circuit).decode()
            db.execute("INSERT OR IGNORE INTO circuit VALUES (?, ?)", (digest, encoded))
            db.execute(
                "INSERT INTO call VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *call_id,
                    digest,
                    json.dumps(call.observables),
                    len(call.angles),
                    call.angles.numpy().astype("<f8").tobytes(),
                ),
            )
            keys = reserve(db, call_id, planned, budgets, self._clock())
            db.execute("UPDATE measurement SET state = 'open' WHERE id = ?", (call_id.measurement,))
        self.jobs.noted(keys)

    def spent(self, backend: str) -> Spending:
        """What a backend has spent or reserved in this run."""
        with self._store.reading() as db:
            return spent(db, backend)

    def job(self, call: Call, record: JobRecord) -> Job:
        """The stored job, as it was planned.

        Raises:
            InputError: It is of rows or observables that the call does not have.
        """
        with damaged_row(self.path, f"job {one_line(record.key, 40)}"):
            return job_of(call, record)

    def values(self, call_id: CallId, call: Call) -> Tensor:
        """Values of a call whose jobs are all done: ``[rows, observables]``, float64.

        Raises:
            InputError: A value is missing, is there twice, or is damaged.
        """
        what = f"call {call_id.number} of {call_id.measurement}"
        advice = give_up(self.path, call_id.measurement)
        with damaged_row(self.path, what, advice):
            return assembled(call, self.jobs.of(call_id), self.jobs.values)
