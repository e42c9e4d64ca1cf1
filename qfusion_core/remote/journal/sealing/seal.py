"""The seal of a journal: one tag over its rows, their absence, its tables and its id.

Every row has a digest; the tag is an HMAC over all of them, under a key of the user's. What a
transaction has touched is digested anew, and nothing else: a poll does not read the angles again.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Place = tuple[str, int]  # table, rowid
Digests = Mapping[Place, bytes]


class Seal(NamedTuple):
    """What the table of this name holds.

    Attributes:
        journal: Id of the journal.
        key: Digest of the key, to tell another key from another content.
        tag: Over all rows.
    """

    journal: str
    key: str
    tag: str


def read_seal(db: sqlite3.Connection) -> Seal | None:
    """The seal; None where there is none, or more than one."""
    rows = db.execute("SELECT journal, key, tag FROM seal LIMIT 2").fetchall()
    return Seal(*map(str, rows[0])) if len(rows) == 1 else None


def write_seal(db: sqlite3.Connection, journal: str, key: bytes, digests: Digests) -> Seal:
    """Seal what stands in the journal now."""
    seal = Seal(journal, name_of(key), tag_of(db, journal, key, digests))
    db.execute("DELETE FROM seal")
    db.execute("INSERT INTO seal VALUES (?, ?, ?)", seal)
    return seal


def name_of(key: bytes) -> str:
    """A name for a key that does not tell it."""
    return hmac.new(key, b"qfusion journal key", hashlib.sha256).hexdigest()[:16]


def tag_of(db: sqlite3.Connection, journal: str, key: bytes, digests: Digests) -> str:
    """HMAC-SHA256 of the whole content, in hexadecimal."""
    return hmac.new(key, _content(db, journal, digests), hashlib.sha256).hexdigest()


def digest_of(db: sqlite3.Connection, journal: str, digests: Digests) -> str:
    """SHA-256 of the whole content, in hexadecimal: a name for it that needs no key."""
    return hashlib.sha256(_content(db, journal, digests)).hexdigest()


def digests_of(db: sqlite3.Connection) -> dict[Place, bytes]:
    """Digest of every row but the seal's."""
    digests = {}
    for table in _sealed(db):
        for rowid, *row in db.execute(f'SELECT rowid, * FROM "{table}"'):
            digests[table, rowid] = _digest(row)
    return digests


def renewed(db: sqlite3.Connection, digests: Digests, touched: set[Place]) -> dict[Place, bytes]:
    """Digests after a transaction that touched some rows."""
    after = dict(digests)
    for table, rowid in touched:
        row = db.execute(f'SELECT * FROM "{table}" WHERE rowid = ?', (rowid,)).fetchone()
        if row is None:
            after.pop((table, rowid), None)
        else:
            after[table, rowid] = _digest(row)
    return after


def watch(db: sqlite3.Connection) -> set[Place]:
    """Rows that are written on this connection from now on; the set grows."""
    touched: set[Place] = set()
    db.create_function("qfusion_touched", 2, lambda table, rowid: touched.add((table, rowid)))
    for table in _sealed(db):
        for event, rows in {"INSERT": "new", "DELETE": "old", "UPDATE": "old new"}.items():
            calls = " ".join(f"SELECT qfusion_touched('{table}', {r}.rowid);" for r in rows.split())
            db.execute(
                f'CREATE TEMP TRIGGER "{table} {event}" AFTER {event} ON main."{table}"'
                f" BEGIN {calls} END"
            )
    return touched


def _sealed(db: sqlite3.Connection) -> list[str]:
    tables = db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in tables if name != "seal"]


def _digest(row: Sequence[object]) -> bytes:
    """SHA-256 of a row; numbers, texts, bytes and NULL of the same look differ."""
    parts = [(hashlib.sha256(v).digest(),) if isinstance(v, bytes) else v for v in row]
    return hashlib.sha256(repr(parts).encode()).digest()


def _content(db: sqlite3.Connection, journal: str, digests: Digests) -> bytes:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    tables = db.execute(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_master ORDER BY type, name"
    )
    head = repr(("qfusion journal", 1, version, journal, [tuple(row) for row in tables]))
    rows = [b"%b %d %b" % (t.encode(), rowid, digests[t, rowid]) for t, rowid in sorted(digests)]
    return head.encode() + b"\0" + b"".join(rows)
