"""Jobs as the journal holds them: where they stand, what is reserved for them, how written.

These are the parts of a transaction; `qfusion_core.remote.ledger` and the journal make transactions
of them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from qfusion_core.config.backends_schema import Budget
from qfusion_core.remote.budget import Spent, high, require_budget
from qfusion_core.remote.job import Job
from qfusion_core.remote.price import Price, Range

Budgets = Mapping[str, Budget | None]  # by backend; None for no limit


class At(NamedTuple):
    """Place of a call: its measurement, and its number there."""

    measurement: str
    number: int


def key_of(at: At, position: int) -> str:
    """The key of a job: its idempotency token and tag at the provider."""
    return f"qf-{at.measurement}-{at.number}-{position}"


class Entry(NamedTuple):
    """A job as it stands in the journal.

    Attributes:
        backend: Whose job it is.
        sent: When a submission whose reply is unknown last went out; None where none did.
        qpu_seconds: Reserved; when it is done, what the provider said if it told. Likewise ``usd``.
        usd_low: Low end of ``usd``, where the provider told something; None where nothing.
        account: In which it was sent, where the adapter tells it (`RemoteDevice.account`).
        unreadable: Why the result could not be read, of a job that the provider calls done; or why
            nobody knows the job. None where there is nothing of the kind: then it is at work.
    """

    key: str
    backend: str
    at: At
    position: int
    rows: tuple[int, int]
    columns: tuple[int, ...]
    facts: Mapping[str, Any]
    price: Mapping[str, Any]
    state: str
    sent: float | None
    job_id: str | None
    reason: str
    written: float
    ended: float | None
    qpu_seconds: float | None
    usd: float | None
    usd_low: float | None
    account: str | None
    unreadable: str | None

    def amount(self, field: Literal["usd", "qpu_seconds"]) -> tuple[Range | None, bool]:
        """What the provider said, else the range of the plan; and whether that is what it charged.

        None where nothing is known.
        """
        planned, kept = self.price[field], getattr(self, field)
        if field == "usd" and kept is not None and self.usd_low is not None:
            return Range(self.usd_low, kept), self.usd_low == kept
        if kept is not None and (planned is None or kept != planned["high"]):
            return Range(kept, kept), True  # the journal held the high end before
        return (None if planned is None else Range(**planned)), False


class Planned(NamedTuple):
    """A job to be written as an intent, and whose it is."""

    position: int
    job: Job
    price: Price
    backend: str


def spent(db: sqlite3.Connection, backend: str) -> Spent:
    """Sums over all jobs of a backend but those that were given up before they were sent."""
    sums = db.execute(
        "SELECT SUM(tasks), SUM(shots), SUM(executions), SUM(qpu_seconds), SUM(usd)"
        " FROM job WHERE backend = ? AND NOT (state = 'cancelled' AND job_id IS NULL)",
        (backend,),
    ).fetchone()
    return Spent(*(amount or 0 for amount in sums))


def reserve(
    db: sqlite3.Connection,
    at: At,
    planned: Sequence[Planned],
    budgets: Budgets,
    now: float,
) -> list[str]:
    """Write intents inside a transaction, if the budgets allow all of them together; their keys."""
    for backend in dict.fromkeys(each.backend for each in planned):
        if (budget := budgets[backend]) is not None:
            total = Price.total(each.price for each in planned if each.backend == backend)
            require_budget(backend, budget, spent(db, backend), total)
    for position, job, price, backend in planned:
        db.execute(
            "INSERT INTO job (key, backend, measurement, number, position, attempt, first_row,"
            " end_row, columns, facts, price, tasks, executions, shots, qpu_seconds, usd, state,"
            " written) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'intent', ?)",
            (
                key_of(at, position), backend,
                *at, position, *job.rows,
                json.dumps(job.columns), json.dumps(dict(job.facts)), json.dumps(price.as_json()),
                price.tasks, price.executions, price.shots,
                high(price.qpu_seconds), high(price.usd), now,
            ),
        )  # fmt: skip
    return [key_of(at, each.position) for each in planned]


def entry(row: sqlite3.Row) -> Entry:
    """A row of the table."""
    return Entry(
        row["key"],
        row["backend"],
        At(row["measurement"], row["number"]),
        row["position"],
        (row["first_row"], row["end_row"]),
        tuple(json.loads(row["columns"])),
        json.loads(row["facts"]),
        json.loads(row["price"]),
        row["state"],
        row["sent"],
        row["job_id"],
        row["reason"],
        row["written"],
        row["ended"],
        row["qpu_seconds"],
        row["usd"],
        row["usd_low"],
        row["account"],
        row["unreadable"],
    )
