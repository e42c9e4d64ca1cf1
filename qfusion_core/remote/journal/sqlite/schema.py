"""The tables of a journal, and their making."""

from __future__ import annotations

import sqlite3

VERSION = 4

# A column that is added needs one line here, and a table its statement: journals of older versions
# are copied into new tables, and have the column's default, or NULL (see migration.py beside this).
# What is not NULL needs a default. All tables but `seal` are under the seal.
TABLES = """
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
    tasks INTEGER NOT NULL CHECK (tasks BETWEEN 0 AND 1e15),
    executions INTEGER NOT NULL CHECK (executions BETWEEN 0 AND 1e15),
    shots INTEGER NOT NULL CHECK (shots BETWEEN 0 AND 1e15),
    -- reserved; when done, what the provider said, and the low end of that
    qpu_seconds REAL CHECK (qpu_seconds BETWEEN 0 AND 1e15),
    usd REAL CHECK (usd BETWEEN 0 AND 1e15),
    usd_low REAL CHECK (usd_low BETWEEN 0 AND 1e15),
    state TEXT NOT NULL,            -- intent, submitted, done, failed, cancelled
    owner TEXT, lease REAL,         -- who submits it, until when nobody else may
    sent REAL,                      -- when a submission whose reply is unknown last went out
    job_id TEXT, reason TEXT NOT NULL DEFAULT '',
    account TEXT,                   -- in which it was sent, as the adapter tells it
    unreadable TEXT,                -- why the result of a job that is done could not be read
    written REAL NOT NULL, ended REAL,
    replaced INTEGER NOT NULL DEFAULT 0,    -- others do now what it was to do
    adopted INTEGER NOT NULL DEFAULT 0,     -- its values were not measured under this user's key
    "values" BLOB, raw BLOB,
    UNIQUE (measurement, number, position, attempt),
    FOREIGN KEY (measurement, number) REFERENCES call
);
CREATE TABLE request (              -- what last went out for a job, of adapters that tell
    key TEXT PRIMARY KEY REFERENCES job,
    client TEXT NOT NULL,           -- the vendor's, with its version
    body BLOB NOT NULL              -- zlib
);
CREATE TABLE session (              -- what a run has opened at a provider, until it is closed
    name TEXT NOT NULL, backend TEXT NOT NULL, account TEXT,
    owner TEXT NOT NULL, lease REAL NOT NULL,   -- who uses it, until when nobody else closes it
    PRIMARY KEY (name, backend)
);
CREATE TABLE seal (
    journal TEXT NOT NULL,          -- id, the same in every copy
    key TEXT NOT NULL,              -- which key: a digest of it
    tag TEXT NOT NULL               -- over everything else
);
"""


def create(db: sqlite3.Connection) -> None:
    """Make the tables, inside a transaction."""
    for statement in TABLES.split(";\n"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")


def empty() -> sqlite3.Connection:
    """A journal in memory, in which nothing stands."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    create(db)
    return db


def light_columns(db: sqlite3.Connection) -> str:
    """The columns of a job without its values and raw results, which a look does not need."""
    names = [name for name in columns_of(db, "job") if name not in ("values", "raw")]
    return ", ".join(f'"{name}"' for name in names)


def columns_of(db: sqlite3.Connection, table: str) -> dict[str, bool]:
    """The columns of a table, and whether they are computed."""
    asked = "SELECT name, hidden != 0 FROM pragma_table_xinfo(?)"
    return {name: bool(hidden) for name, hidden in db.execute(asked, (table,))}
