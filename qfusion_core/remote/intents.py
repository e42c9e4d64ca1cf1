"""Jobs as the journal holds them: where they stand, what is reserved for them, how written.

These are the parts of a transaction; `qfusion_core.remote.ledger` and the journal make transactions
of them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from qfusion_core.config.backends_schema import Budget
from qfusion_core.remote.budget import Spent, high, require_budget
from qfusion_core.remote.job import Job
from qfusion_core.remote.price import Price


class At(NamedTuple):
    """Place of a call: its measurement, and its number there."""

    measurement: str
    number: int


class Entry(NamedTuple):
    """A job as it stands in the journal.

    Attributes:
        sent: When a submission whose reply is unknown last went out; None where none did.
        qpu_seconds: Reserved; when it is done, what the provider said if it told. Likewise ``usd``.
    """

    key: str
    at: At
    position: int
    attempt: int
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


class Planned(NamedTuple):
    """A job to be written as an intent."""

    position: int
    attempt: int
    job: Job
    price: Price


def spent(db: sqlite3.Connection, backend: str) -> Spent:
    """Sums over all jobs of a backend but those that were given up before they were sent."""
    sums = db.execute(
        "SELECT SUM(tasks), SUM(shots), SUM(executions), SUM(qpu_seconds), SUM(usd)"
        " FROM job JOIN measurement ON measurement.id = job.measurement"
        " WHERE backend = ? AND NOT (job.state = 'cancelled' AND job_id IS NULL)",
        (backend,),
    ).fetchone()
    return Spent(*(amount or 0 for amount in sums))


def reserve(
    db: sqlite3.Connection,
    at: At,
    planned: Sequence[Planned],
    backend: str,
    budget: Budget | None,
    now: float,
) -> None:
    """Write intents inside a transaction, if the budget allows all of them together."""
    if budget is not None:
        total = Price.total(each.price for each in planned)
        require_budget(backend, budget, spent(db, backend), total)
    for position, attempt, job, price in planned:
        db.execute(
            "INSERT OR IGNORE INTO job (key, measurement, number, position, attempt, first_row,"
            " end_row, columns, facts, price, tasks, executions, shots, qpu_seconds, usd, state,"
            " written) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'intent', ?)",
            (
                f"qf-{at.measurement}-{at.number}-{position}-{attempt}",
                *at, position, attempt, *job.rows,
                json.dumps(job.columns), json.dumps(dict(job.facts)), json.dumps(price.as_json()),
                price.tasks, price.executions, price.shots,
                high(price.qpu_seconds), high(price.usd), now,
            ),
        )  # fmt: skip


def entry(row: sqlite3.Row) -> Entry:
    """A row of the table."""
    return Entry(
        row["key"],
        At(row["measurement"], row["number"]),
        row["position"],
        row["attempt"],
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
    )
