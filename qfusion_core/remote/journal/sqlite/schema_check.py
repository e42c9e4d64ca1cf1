"""What a journal's file holds: its tables, their making, and their check before anything is read.

A file that somebody else made can hold views that never end, triggers and computed columns: only
plain tables of the known names are taken.
"""

from __future__ import annotations

import sqlite3

from qfusion_core.errors import InputError
from qfusion_core.remote.journal.sqlite.schema import TABLES, VERSION

_NEW_IN_4 = {"seal", "session", "request"}  # tables; others were there from the first version on


def create(db: sqlite3.Connection) -> None:
    """Make the tables, inside a transaction."""
    for statement in TABLES.split(";\n"):
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")


def require_sound(db: sqlite3.Connection) -> int:
    """The version of the tables.

    Raises:
        InputError: It is newer than this qfusion.
        sqlite3.DatabaseError: These are not the tables of a journal.
    """
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise InputError(
            f"version {version} is newer than this qfusion reads ({VERSION}); upgrade qfusion"
        )
    ours = _ours()
    found = set()
    for kind, name, table, root, sql in db.execute(
        "SELECT type, name, tbl_name, rootpage, sql FROM main.sqlite_master"
    ):
        if kind == "table" and name in ours and root:  # a view or a virtual table has no root
            found.add(name)
        elif kind != "index" or sql is not None or table not in ours:
            raise sqlite3.DatabaseError(f"{kind} {name!r} is not a journal's")
    if version < 1:
        raise sqlite3.DatabaseError("no version")
    for name, columns in ours.items():
        if name not in found:
            if version == VERSION or name not in _NEW_IN_4:
                raise sqlite3.DatabaseError(f"table {name!r} is missing")
            continue
        there = _columns(db, name)
        if any(there.values()):
            raise sqlite3.DatabaseError(f"table {name!r} has columns that are computed")
        if strange := set(there) - set(columns):
            raise sqlite3.DatabaseError(f"table {name!r} has a column {min(strange)!r}")
        missing = [
            each
            for each, optional in columns.items()
            if each not in there and (version == VERSION or not optional)
        ]
        if missing and not (version == 1 and missing == ["backend"]):
            raise sqlite3.DatabaseError(f"table {name!r} has no column {missing[0]!r}")
    return version


def require_intact(db: sqlite3.Connection) -> None:
    """Refuse a file whose indices do not lead to its rows: a seal is over rows only.

    Raises:
        sqlite3.DatabaseError: Says what is wrong with it.
    """
    (said,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(said)


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
            f'"{column}"' for column in _columns(db, name) if column in _columns(db, f"old {name}")
        ]
        listed = ", ".join(["rowid", *kept])
        db.execute(
            f'INSERT INTO "{name}" ({listed}) SELECT {listed} FROM "old {name}" ORDER BY rowid'
        )
    for name in reversed(before):
        db.execute(f'DROP TABLE "old {name}"')


def light_columns(db: sqlite3.Connection) -> str:
    """The columns of a job without its values and raw results, which a look does not need."""
    names = [name for name in _columns(db, "job") if name not in ("values", "raw")]
    return ", ".join(f'"{name}"' for name in names)


def empty() -> sqlite3.Connection:
    """A journal in memory, in which nothing stands."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    create(db)
    return db


def _ours() -> dict[str, dict[str, bool]]:
    """The columns of each table, and whether older versions can lack them."""
    db = empty()
    try:
        names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        asked = 'SELECT name, "notnull" = 0 OR dflt_value IS NOT NULL FROM pragma_table_info(?)'
        return {name: {c: bool(o) for c, o in db.execute(asked, (name,))} for name in names}
    finally:
        db.close()


def _columns(db: sqlite3.Connection, table: str) -> dict[str, bool]:
    """The columns of a table, and whether they are computed."""
    asked = "SELECT name, hidden != 0 FROM pragma_table_xinfo(?)"
    return {name: bool(hidden) for name, hidden in db.execute(asked, (table,))}
