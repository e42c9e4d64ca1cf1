"""Measurements as rows of the table: the parts of a transaction; the journal makes them of it."""

from __future__ import annotations

import json
import secrets
import sqlite3

from qfusion_core.remote.journal.rows.lease import new_owner
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity


def taken_again(db: sqlite3.Connection, about: MeasurementIdentity, *, again: bool) -> str | None:
    """Id of the last measurement of a kind, if it is to be gone on with or taken again.

    Args:
        db: Inside a transaction.
        about: What is measured.
        again: A finished one is not taken again.
    """
    row = db.execute(
        "SELECT id, state FROM measurement WHERE (verb, subject, backend, device, options)"
        " = (?, ?, ?, ?, ?) AND state != 'forgotten' ORDER BY rowid DESC LIMIT 1",
        about,
    ).fetchone()
    return str(row["id"]) if row and (row["state"] == "open" or not again) else None


def open_ones(db: sqlite3.Connection, about: MeasurementIdentity) -> list[sqlite3.Row]:
    """``id``, ``owner`` and last ``lease`` of the open measurements of a kind, in their order."""
    return db.execute(
        "SELECT id, owner, (SELECT MAX(lease) FROM job WHERE measurement = id) AS lease"
        " FROM measurement WHERE (verb, subject, backend, device, options)"
        " = (?, ?, ?, ?, ?) AND state = 'open' ORDER BY rowid",
        about,
    ).fetchall()


def insert(db: sqlite3.Connection, about: MeasurementIdentity, now: float) -> str:
    """Write a new measurement, open; its id."""
    from qfusion_core.provenance import provenance

    name = secrets.token_hex(8)
    db.execute(
        "INSERT INTO measurement VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)",
        (name, *about, new_owner(), json.dumps(provenance()), now),
    )
    return name
