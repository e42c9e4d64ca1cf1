"""Jobs as rows of the table: written as intents within the budgets, counted, read back.

These are the parts of a transaction; `qfusion_core.remote.journal.rows.job_store` and the journal
make transactions of them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from qfusion_core.errors import InputError
from qfusion_core.notes import note
from qfusion_core.printable import one_line, shown_path
from qfusion_core.remote.journal.rows.records import (
    Budgets,
    CallId,
    JobRecord,
    PlannedJob,
    key_of,
)
from qfusion_core.remote.journal.rows.validation import checked, document, require_amounts
from qfusion_core.remote.journal.sqlite.costs import counted, folder_of
from qfusion_core.remote.journal.sqlite.file import damaged_row
from qfusion_core.remote.journal.sqlite.schema import light_columns
from qfusion_core.remote.journal.sqlite.totals import JobToSend, reserve_of_all, settle_of_all
from qfusion_core.remote.money.budget import Spending, require_budget, upper
from qfusion_core.remote.money.price import Price, Range


def spent(db: sqlite3.Connection, backend: str, without: Collection[str] = ()) -> Spending:
    """Sums over the jobs of a backend: what the provider charged, else what is reserved.

    Nothing is reserved for jobs that failed or were cancelled; what was charged for them counts.

    Args:
        db: Inside a transaction.
        backend: Whose jobs.
        without: Keys of jobs that are not counted.
    """
    rows = db.execute(
        "SELECT key, tasks, shots, executions, qpu_seconds, usd FROM job WHERE backend = ?"
        " AND (state NOT IN ('failed', 'cancelled') OR usd_low IS NOT NULL)",
        (backend,),
    )
    sums = Spending()
    for key, *amounts in rows:
        if key in without:
            continue
        try:
            require_amounts("amounts", *amounts)
        except ValueError as error:
            raise InputError(
                f"{backend}: job {key!r:.60} in the journal cannot be counted: {error}"
            ) from None
        tasks, shots, executions, seconds, usd = (amount or 0 for amount in amounts)
        sums = Spending(
            sums.jobs + tasks,
            sums.shots + shots,
            sums.executions + executions,
            sums.qpu_seconds + seconds,
            sums.usd + usd,
        )
    return sums


def reserve(
    db: sqlite3.Connection,
    call_id: CallId,
    planned: Sequence[PlannedJob],
    budgets: Budgets,
    now: float,
) -> list[str]:
    """Write intents inside a transaction, if the budgets allow all of them together.

    Returns:
        Their keys.

    Raises:
        BudgetError: They do not fit.
        InputError: An amount is not finite, negative, or beyond 1e15.
    """
    for intent in planned:
        _require_countable(intent)
    for backend in dict.fromkeys(intent.backend for intent in planned):
        if (budget := budgets[backend]) is not None:
            total = Price.total(intent.price for intent in planned if intent.backend == backend)
            require_budget(backend, budget, spent(db, backend), total)
    keys = [key_of(call_id, intent.position) for intent in planned]
    jobs = {
        k: JobToSend(intent.backend, intent.price) for k, intent in zip(keys, planned, strict=True)
    }
    (rows_before,) = db.execute("SELECT COUNT(*) FROM job").fetchone()
    folder = folder_of(db)
    counted = reserve_of_all(folder, jobs, budgets)
    if counted and not rows_before:
        note(
            f"{shown_path(folder)}: {counted} job(s) of it were paid for, as is counted "
            "over all runs, and stand in no journal any more: they may be at the provider, tagged "
            "qf-..."
        )
    for key, (position, job, price, backend) in zip(keys, planned, strict=True):
        db.execute(
            "INSERT INTO job (key, backend, measurement, number, position, attempt, first_row,"
            " end_row, columns, facts, price, tasks, executions, shots, qpu_seconds, usd, state,"
            " written) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'intent', ?)",
            (
                key, backend, *call_id, position, *job.rows,
                json.dumps(job.columns), json.dumps(dict(job.facts)), json.dumps(price.as_json()),
                price.tasks, price.executions, price.shots,
                upper(price.qpu_seconds), upper(price.usd), now,
            ),
        )  # fmt: skip
    return keys


def _require_countable(planned: PlannedJob) -> None:
    price = planned.price
    try:
        for what in ("tasks", "executions", "shots", "qpu_seconds", "usd"):
            amount = getattr(price, what)
            require_amounts(what, *(amount if isinstance(amount, Range) else (amount,)))
    except ValueError as error:
        raise InputError(
            f"{planned.backend}: the plan's {error}; nothing was sent; use fewer shots, or correct "
            "the price"
        ) from None


def record_of(row: sqlite3.Row) -> JobRecord:
    """A row of the table.

    Raises:
        ValueError: No job can be so.
    """
    as_it_stands = (
        "key", "backend", "position", "state", "sent", "job_id", "reason", "written", "ended",
        "qpu_seconds", "usd", "usd_low", "account", "unreadable",
    )  # fmt: skip
    return checked(
        JobRecord(
            at=CallId(row["measurement"], row["number"]),
            rows=(row["first_row"], row["end_row"]),
            columns=tuple(document(row["columns"])),
            facts=document(row["facts"]),
            price=document(row["price"]),
            adopted=bool(row["adopted"]),
            **{name: row[name] for name in as_it_stands},
        )
    )


def records(
    db: sqlite3.Connection, path: Path, which: str, given: Sequence[object] = ()
) -> list[JobRecord]:
    """Jobs inside a transaction, without their values.

    Args:
        db: Of the journal.
        path: Its file, for errors.
        which: A condition, perhaps with an order.
        given: For its question marks.

    Raises:
        InputError: One of them is damaged.
    """
    jobs = []
    for row in db.execute(f"SELECT {light_columns(db)} FROM job WHERE {which}", given):
        with damaged_row(path, f"job {one_line(row['key'], 40)}"):
            jobs.append(record_of(row))
    return jobs


def go_on(db: sqlite3.Connection, key: str, job_id: str, which: str) -> None:
    """A job is at the provider though it counted as ended, and for nothing: it counts again."""
    gone_on = db.execute(
        "UPDATE job SET state = 'submitted', job_id = ?, reason = '', ended = NULL,"
        f" unreadable = NULL, sent = NULL, owner = NULL, lease = NULL WHERE key = ? AND {which}",
        (job_id, key),
    )
    if gone_on.rowcount:
        settle_of_all(counted(db, key))
