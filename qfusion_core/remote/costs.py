"""What the jobs of an open journal cost, as the count of all runs takes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from pathlib import Path

from qfusion_core.remote.budget import Spent


def spent_of(amounts: Collection[float]) -> Spent:
    """Sums out of their columns."""
    jobs, shots, executions, seconds, usd = amounts
    return Spent(round(jobs), round(shots), round(executions), seconds, usd)


def ended(db: sqlite3.Connection, rowids: Collection[int]) -> dict[str, Spent]:
    """What those jobs of an open journal cost that have ended, by key.

    Nothing, for one that failed or was cancelled and was not charged.
    """
    found = {}
    for rowid in rowids:
        row = db.execute(
            "SELECT key, state, tasks, shots, executions, qpu_seconds, usd, usd_low FROM job"
            " WHERE rowid = ? AND state IN ('done', 'failed', 'cancelled')",
            (rowid,),
        ).fetchone()
        if row is not None:
            key, state, *amounts, told = row
            counts = state == "done" or told is not None
            found[key] = spent_of([each or 0 for each in amounts]) if counts else Spent()
    return found


def counts_of(db: sqlite3.Connection) -> dict[str, tuple[str, Spent]]:
    """Backend of each job of an open journal, and its cost or reservation, by key."""
    rows = db.execute(
        "SELECT rowid, key, backend, tasks, shots, executions, qpu_seconds, usd FROM job"
    ).fetchall()
    over = ended(db, [row[0] for row in rows])
    return {
        key: (backend, over[key] if key in over else spent_of([each or 0 for each in amounts]))
        for _, key, backend, *amounts in rows
    }


def folder_of(db: sqlite3.Connection) -> str:
    """Folder of an open journal."""
    return str(Path(db.execute("PRAGMA database_list").fetchone()[2]).parent)
