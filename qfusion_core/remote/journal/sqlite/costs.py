"""What the jobs of an open journal cost, as the count of all runs takes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from qfusion_core.remote.money.budget import Spending

_JOBS = "SELECT key, backend, state, tasks, shots, executions, qpu_seconds, usd, usd_low FROM job"


def spent_of(amounts: Collection[float]) -> Spending:
    """Sums out of their columns."""
    jobs, shots, executions, seconds, usd = amounts
    return Spending(round(jobs), round(shots), round(executions), seconds, usd)


def ended(db: sqlite3.Connection, rowids: Collection[int]) -> dict[str, Spending]:
    """What those jobs of an open journal cost that have ended, by key.

    Nothing, for one that failed or was cancelled and was not charged.
    """
    over = f"{_JOBS} WHERE rowid = ? AND state IN ('done', 'failed', 'cancelled')"
    rows = [row for rowid in rowids for row in db.execute(over, (rowid,))]
    return {row[0]: _count(row) for row in rows}


def counted(db: sqlite3.Connection, key: str) -> dict[str, Spending]:
    """What a job of an open journal costs, or is reserved for it, by its key."""
    return {row[0]: _count(row) for row in db.execute(f"{_JOBS} WHERE key = ?", (key,))}


def counts_of(db: sqlite3.Connection) -> dict[str, tuple[str, Spending]]:
    """Backend of each job of an open journal, and its cost or reservation, by key."""
    return {row[0]: (row[1], _count(row)) for row in db.execute(_JOBS)}


def _count(row: Sequence[Any]) -> Spending:
    _, _, state, *amounts, usd_low = row
    free = state in ("failed", "cancelled") and usd_low is None
    return Spending() if free else spent_of([amount or 0 for amount in amounts])


def folder_of(db: sqlite3.Connection) -> str:
    """Folder of an open journal."""
    return str(Path(db.execute("PRAGMA database_list").fetchone()[2]).parent)
