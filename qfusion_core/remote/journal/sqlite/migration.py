"""Journals of older versions, brought to the tables of today."""

from __future__ import annotations

import sqlite3

from qfusion_core.remote.journal.sqlite.schema import columns_of, create


def upgrade(db: sqlite3.Connection, version: int) -> None:
    """Copy what is there, of whichever version, into new tables, inside a transaction.

    Raises:
        sqlite3.IntegrityError: A row that no journal holds: a negative amount, for one.
    """
    if version == 1:  # a measurement had one backend
        db.execute("ALTER TABLE job ADD COLUMN backend TEXT NOT NULL DEFAULT ''")
        db.execute("ALTER TABLE job ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0")
        db.execute(
            "UPDATE job SET backend ="
            " (SELECT backend FROM measurement WHERE measurement.id = job.measurement)"
        )
        db.execute(
            "UPDATE job SET replaced = 1 WHERE EXISTS (SELECT 1 FROM job AS later"
            " WHERE (later.measurement, later.number, later.position)"
            " = (job.measurement, job.number, job.position) AND later.attempt > job.attempt)"
        )
    before = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    db.execute("PRAGMA legacy_alter_table = ON")  # what refers to a table does not follow it
    db.execute("PRAGMA defer_foreign_keys = ON")
    for name in before:
        db.execute(f'ALTER TABLE "{name}" RENAME TO "old {name}"')
    create(db)
    for name in before:
        kept = [
            f'"{column}"'
            for column in columns_of(db, name)
            if column in columns_of(db, f"old {name}")
        ]
        listed = ", ".join(["rowid", *kept])
        db.execute(
            f'INSERT INTO "{name}" ({listed}) SELECT {listed} FROM "old {name}" ORDER BY rowid'
        )
    for name in reversed(before):
        db.execute(f'DROP TABLE "old {name}"')
