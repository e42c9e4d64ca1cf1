"""Other jobs in place of some that failed, were cancelled, or are surely not sent."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from qfusion_core.remote.journal.rows.job_rows import reserve
from qfusion_core.remote.journal.rows.records import Budgets, CallId, JobRecord, PlannedJob


def replace(
    db: Connection,
    old: Sequence[JobRecord],
    planned: Sequence[PlannedJob],
    call_id: CallId,
    budgets: Budgets,
    why: str,
    now: float,
) -> list[str]:
    """Write them inside a transaction: all, or none where another process was faster.

    Args:
        db: Of the journal.
        old: Those that are not sent are the caller's to submit.
        planned: What covers the same values; positions count from 0.
        call_id: The call of all of them.
        budgets: Of the backends.
        why: A reason for those that are never sent now.
        now: Seconds since 1970.

    Returns:
        Keys of the new ones.

    Raises:
        BudgetError: They do not fit.
    """
    keys = [record.key for record in old]
    marks = ", ".join("?" for _ in keys)
    (free,) = db.execute(
        f"SELECT COUNT(*) FROM job WHERE key IN ({marks}) AND NOT replaced AND"
        " (state IN ('failed', 'cancelled') OR (state = 'intent' AND sent IS NULL))",
        keys,
    ).fetchone()
    if free < len(keys):
        return []
    db.execute(
        "UPDATE job SET state = 'cancelled', reason = ?, ended = ?, owner = NULL"
        f" WHERE key IN ({marks}) AND state = 'intent'",
        (why, now, *keys),
    )
    db.execute(f"UPDATE job SET replaced = 1 WHERE key IN ({marks})", keys)
    (last,) = db.execute(
        "SELECT MAX(position) FROM job WHERE measurement = ? AND number = ?", call_id
    ).fetchone()
    moved = [job._replace(position=last + 1 + job.position) for job in planned]
    return reserve(db, call_id, moved, budgets, now)
