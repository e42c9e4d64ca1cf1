"""The tables of a journal, and how its file is opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from qfusion_core.errors import InputError, QfusionError

VERSION = 3
_WAIT = 60.0  # seconds for a lock: transactions take milliseconds, so only a fault waits so long

_TABLES = """
CREATE TABLE measurement (
    id TEXT PRIMARY KEY,
    verb TEXT NOT NULL, subject TEXT NOT NULL,
    backend TEXT NOT NULL, device TEXT NOT NULL,
    options TEXT NOT NULL,          -- digest of those that change values
    state TEXT NOT NULL,            -- open, finished, forgotten
    owner TEXT NOT NULL,            -- the process that opened it
    provenance TEXT NOT NULL,       -- JSON
    opened REAL NOT NULL
);
CREATE TABLE circuit (digest TEXT PRIMARY KEY, json TEXT NOT NULL);
CREATE TABLE call (
    measurement TEXT NOT NULL REFERENCES measurement, number INTEGER NOT NULL,
    circuit TEXT NOT NULL REFERENCES circuit,
    observables TEXT NOT NULL,      -- JSON
    rows INTEGER NOT NULL, angles BLOB NOT NULL,            -- float64, row by row
    PRIMARY KEY (measurement, number)
);
CREATE TABLE job (
    key TEXT PRIMARY KEY,           -- idempotency token and tag
    backend TEXT NOT NULL,          -- whose job it is: a member, where the measurement is a pool's
    measurement TEXT NOT NULL, number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    attempt INTEGER NOT NULL,       -- 0; journals of version 1 count here
    first_row INTEGER NOT NULL, end_row INTEGER NOT NULL, columns TEXT NOT NULL,
    facts TEXT NOT NULL, price TEXT NOT NULL,               -- JSON
    tasks INTEGER NOT NULL, executions INTEGER NOT NULL, shots INTEGER NOT NULL,
    qpu_seconds REAL, usd REAL,     -- reserved; when done, what the provider said
    usd_low REAL,                   -- low end of what it said
    state TEXT NOT NULL,            -- intent, submitted, done, failed, cancelled
    owner TEXT, lease REAL,         -- who submits it, until when nobody else may
    sent REAL,                      -- when a submission whose reply is unknown last went out
    job_id TEXT, reason TEXT NOT NULL DEFAULT '',
    written REAL NOT NULL, ended REAL,
    replaced INTEGER NOT NULL DEFAULT 0,    -- others do now what it was to do
    "values" BLOB, raw BLOB,
    UNIQUE (measurement, number, position, attempt),
    FOREIGN KEY (measurement, number) REFERENCES call
);
"""


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
        for statement in _TABLES.split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")


def _upgrade(db: sqlite3.Connection, version: int) -> None:
    """From an older version, inside the transaction."""
    db.execute("ALTER TABLE job ADD COLUMN usd_low REAL")
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
    db.execute(f"PRAGMA user_version = {VERSION}")


def _is_locked(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
