"""The tables of a journal's file, checked before anything is read.

A file that somebody else made can hold views that never end, triggers and computed columns: only
plain tables of the known names are taken.
"""

from __future__ import annotations

import sqlite3

from qfusion_core.errors import InputError
from qfusion_core.remote.journal.sqlite.schema import VERSION, columns_of, empty

_NEW_IN_4 = {"seal", "session", "request"}  # tables; others were there from the first version on


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
        there = columns_of(db, name)
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


def _ours() -> dict[str, dict[str, bool]]:
    """The columns of each table, and whether older versions can lack them."""
    db = empty()
    try:
        names = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        asked = 'SELECT name, "notnull" = 0 OR dflt_value IS NOT NULL FROM pragma_table_info(?)'
        return {name: {c: bool(o) for c, o in db.execute(asked, (name,))} for name in names}
    finally:
        db.close()
