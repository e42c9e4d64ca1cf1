"""A job of which some parts were not run: what was run is kept, and only the rest is sent anew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from qfusion_core.remote.journal.rows.records import JobRecord, key_of
from qfusion_core.remote.journal.rows.validation import is_countable
from qfusion_core.remote.machine.job import Charge, FailedPart, Result, failed_values
from qfusion_core.remote.money.price import Price, Range

_FREE = Price(0, 0, 0, Range(0, 0), Range(0, 0)).as_json()


def split(db: sqlite3.Connection, record: JobRecord, result: Result, now: float) -> None:
    """Write parts in place of a job: done with their values, or failed. It is charged as it was.

    Args:
        db: Inside a transaction.
        record: The job, submitted.
        result: Its values, NaN where it failed; what was not run, and why; what it cost.
        now: Seconds since 1970.
    """
    failed, reason, charges = result.failed, result.reason, charged(result)
    whole = db.execute(
        "UPDATE job SET state = 'done', replaced = 1, reason = ?, ended = ?, raw = ?,"
        " unreadable = NULL, qpu_seconds = COALESCE(?, qpu_seconds), usd = COALESCE(?, usd),"
        " usd_low = ? WHERE key = ? AND state = 'submitted'",
        (
            reason, now, result.raw, charges.get("qpu_seconds"), charges.get("usd"),
            charges.get("usd_low"), record.key,
        ),
    )  # fmt: skip
    if whole.rowcount == 0:
        return  # another process was faster
    for rows, columns in _done(record, failed):
        first, end = (row - record.rows[0] for row in rows)
        places = [record.columns.index(column) for column in columns]
        blob = blob_of(result.values[first:end, places])
        _insert(db, record, rows, columns, record.facts, "done", "", now, blob)
    for part in failed:
        _insert(db, record, part.rows, part.columns, part.facts, "failed", reason, now, None)


def blob_of(values: torch.Tensor) -> bytes:
    """Values as the journal keeps them."""
    return values.detach().double().cpu().contiguous().numpy().astype("<f8").tobytes()


def charged(result: Result | Charge) -> dict[str, float]:
    """What the provider told, by column. What cannot be an amount counts as not told."""
    usd = result.usd
    low, high = usd if isinstance(usd, Range) else (usd, usd)
    if not (is_countable(low) and is_countable(high)):
        low = high = None
    seconds = result.qpu_seconds if is_countable(result.qpu_seconds) else None
    charges = {"qpu_seconds": seconds, "usd": high, "usd_low": low}
    return {name: amount for name, amount in charges.items() if amount is not None}


def _done(
    record: JobRecord, failed: Sequence[FailedPart]
) -> Iterator[tuple[tuple[int, int], tuple[int, ...]]]:
    """Rows and columns of what is left of a job, in the fewest blocks of rows one after another."""
    masks, start = failed_values(record.rows, record.columns, failed).tolist(), 0
    for row in range(1, len(masks) + 1):
        if row < len(masks) and masks[row] == masks[start]:
            continue
        good = zip(record.columns, masks[start], strict=True)
        if columns := tuple(column for column, bad in good if not bad):
            yield (record.rows[0] + start, record.rows[0] + row), columns
        start = row


def _insert(
    db: sqlite3.Connection,
    record: JobRecord,
    rows: tuple[int, int],
    columns: tuple[int, ...],
    facts: Mapping[str, Any],
    state: str,
    reason: str,
    now: float,
    values: bytes | None,
) -> None:
    (last,) = db.execute(
        "SELECT MAX(position) FROM job WHERE measurement = ? AND number = ?", record.at
    ).fetchone()
    row = {
        "key": key_of(record.at, last + 1), "backend": record.backend,
        "measurement": record.at.measurement, "number": record.at.number,
        "position": last + 1, "attempt": 0, "first_row": rows[0], "end_row": rows[1],
        "columns": json.dumps(columns), "facts": json.dumps(dict(facts)),
        "price": json.dumps(_FREE), "tasks": 0, "executions": 0, "shots": 0,
        "qpu_seconds": 0.0, "usd": 0.0, "state": state, "job_id": record.job_id,
        "reason": reason, "account": record.account, "written": record.written, "ended": now,
        "values": values, "raw": None if values is None else b"",
    }  # fmt: skip
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    db.execute(f"INSERT INTO job ({names}) VALUES ({marks})", tuple(row.values()))
