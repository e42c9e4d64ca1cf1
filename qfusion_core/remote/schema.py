"""The tables of a journal, and how its file is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from qfusion_core.errors import InputError, QfusionError
from qfusion_core.remote.tables import TABLES, VERSION

_WAIT = 60.0  # seconds for a lock: transactions take milliseconds, so only a fault waits so long


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """One write transaction on the journal; other processes see all of it or nothing.

    A connection for each: none is ever shared by threads, or inherited by a forked process.

    Raises:
        InputError: The file is no journal, or of a newer version.
        QfusionError: The disk cannot be written, or another process holds the lock.
    """
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            # a job that was accepted must be on the disk, even when the power fails
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("BEGIN IMMEDIATE")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise InputError(
                    f"{path}: version {version} is newer than this qfusion reads ({VERSION}); "
                    "upgrade qfusion"
                )
            if version == 0:
                _create(db)
            elif version < VERSION:
                _upgrade(db, version)
            yield db
            db.execute("COMMIT")  # without it, closing rolls back
    except sqlite3.OperationalError as error:
        raise QfusionError(
            f"{path}: cannot use the journal ({error}); it needs a local disk that can be written"
        ) from error
    except sqlite3.DatabaseError as error:
        raise InputError(f"{path}: not a journal of qfusion ({error}); move it away") from error


def _create(db: sqlite3.Connection) -> None:
    if db.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise sqlite3.DatabaseError("another program's tables")
    db.execute("COMMIT")  # the mode cannot change inside a transaction
    # of two processes that begin at once, one is told so at once: here SQLite does not wait
    for attempt in Retrying(
        retry=retry_if_exception(_is_locked),
        stop=stop_after_delay(_WAIT),
        wait=wait_random(0, 0.05),
        reraise=True,
    ):
        with attempt:
            db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    if db.execute("PRAGMA user_version").fetchone()[0] == 0:  # nobody else was faster
        for statement in TABLES.split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")


def _upgrade(db: sqlite3.Connection, version: int) -> None:
    """From an older version, inside the transaction: every table is made anew and filled."""
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
    db.execute("PRAGMA legacy_alter_table = ON")  # the tables that refer to it do not follow
    for name in before:
        db.execute(f'ALTER TABLE "{name}" RENAME TO "old {name}"')
    for statement in TABLES.split(";\n"):
        db.execute(statement)
    db.execute("PRAGMA defer_foreign_keys = ON")
    for name in before:
        kept = [f'"{column}"' for column in _columns(db, f"old {name}") & _columns(db, name)]
        listed = ", ".join(["rowid", *kept])
        db.execute(
            f'INSERT INTO "{name}" ({listed}) SELECT {listed} FROM "old {name}" ORDER BY rowid'
        )
    for name in reversed(before):
        db.execute(f'DROP TABLE "old {name}"')
    db.execute(f"PRAGMA user_version = {VERSION}")


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,))}


def _is_locked(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
