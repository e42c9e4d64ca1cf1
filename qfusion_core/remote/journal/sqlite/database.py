"""Transactions on a journal, which are had only where its seal holds.

The seal is looked at in full when a process first uses a journal, and again when another process
has written to it; what this process writes is sealed in the same transaction.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from qfusion_core.errors import InputError, QfusionError
from qfusion_core.printable import shown_path
from qfusion_core.remote.journal.sealing import adopted, seal
from qfusion_core.remote.journal.sealing.ownership import Standing, judge
from qfusion_core.remote.journal.sqlite.copying import copied
from qfusion_core.remote.journal.sqlite.costs import counts_of, ended
from qfusion_core.remote.journal.sqlite.creation import make
from qfusion_core.remote.journal.sqlite.file import (
    bounded,
    connected,
    explained,
    fingerprint,
    on_run,
    require_plain,
    writable,
)
from qfusion_core.remote.journal.sqlite.locked_file import LockedFile
from qfusion_core.remote.journal.sqlite.locks import alone
from qfusion_core.remote.journal.sqlite.migration import upgrade
from qfusion_core.remote.journal.sqlite.schema import VERSION, empty
from qfusion_core.remote.journal.sqlite.schema_check import require_intact, require_sound
from qfusion_core.remote.journal.sqlite.totals import count_of_all, settle_of_all
from qfusion_core.storage.user_key import keys


class _Known(NamedTuple):
    """What this process has seen or written last."""

    print: tuple[int, ...]
    seal: seal.Seal | None
    digests: seal.Digests
    version: int
    standing: Standing


class JournalDatabase:
    """The file of one journal.

    Args:
        path: It is made on the first write.
        to_show: Also a foreign journal is read, and none is written.
    """

    def __init__(self, path: Path, *, to_show: bool = False) -> None:
        self.path, self.to_show = path, to_show
        self._known: _Known | None = None
        self._locked = LockedFile(path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """What stands in the journal, at one moment. Of a file that is not there, nothing.

        Raises:
            InputError: The file is no journal, or of a newer version, or foreign.
            QfusionError: It cannot be read.
        """
        if not os.path.lexists(self.path):
            with closing(empty()) as db:
                yield _rows(db)
            return
        with explained(self.path), alone(self.path):
            require_plain(self.path)
            if self._is_read_in_place():
                before = fingerprint(self.path)
                with connected(self.path) as db:
                    db.execute("BEGIN")
                    known = self._look(db, before)
                    if known.standing.kind == "own":
                        yield _rows(db)
                        return
            with copied(self.path) as (copy, before), connected(copy, alone=True) as db:
                db.execute("BEGIN")
                known = self._look(db, before)
                if known.standing.kind == "foreign" and not self.to_show:
                    raise self._foreign(known)
                if known.version < VERSION:
                    upgrade(db, known.version)
                if known.standing.kind == "adopted":
                    db.execute("UPDATE job SET adopted = 1 WHERE state = 'done'")
                yield _rows(db)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; other processes see all of it or nothing, and its seal with it.

        Raises:
            InputError: As `reading`; or there is no key to seal it with.
            QfusionError: The disk cannot be written, another process holds the lock, or locks keep
                nobody out.
        """
        (key, *_) = keys(create=True)
        with explained(self.path), alone(self.path):
            if new := not os.path.lexists(self.path):
                make(self.path, key, self._locked.require_locks)
            self._require_writable()
            with self._locked.writing(new=new) as db:
                known = self._look(db, fingerprint(self.path))
                if known.standing.kind != "own":
                    raise self._foreign(known)
                touched = seal.watch(db)
                yield _rows(db)
                if touched:
                    digests = seal.renewed(db, known.digests, touched)
                    made = seal.write_seal(db, _name(known), key, digests)
                    known = known._replace(seal=made, digests=digests)
                over = ended(db, [rowid for table, rowid in touched if table == "job"])
                db.execute("COMMIT")  # without it, closing rolls back
            self._known = known._replace(print=fingerprint(self.path))
        if over:
            settle_of_all(over)

    def standing(self) -> Standing:
        """Whose it is now."""
        if not os.path.lexists(self.path):
            return Standing("own", "", "")
        with explained(self.path), alone(self.path):
            require_plain(self.path)
            with copied(self.path) as (copy, before), connected(copy, alone=True) as db:
                return self._look(db, before).standing

    def adopt(self, content: str, check: Callable[[sqlite3.Connection], None]) -> None:
        """Seal a foreign journal with the user's key; where it cannot be written, note it.

        Args:
            content: What the user has seen of it: `Standing.content`.
            check: Raises where a row cannot be read.

        Raises:
            InputError: It has changed since; or holds a row that no journal may hold.
        """
        (key, *_) = keys(create=True)
        with explained(self.path), alone(self.path):
            require_plain(self.path)
            if not writable(self.path):
                with JournalDatabase(self.path, to_show=True).reading() as db:
                    check(db)
                adopted.note(content, self.path)
                return
            with self._locked.writing() as db:
                known = self._look(db, fingerprint(self.path))
                if known.standing.content != content:
                    raise InputError(
                        f"{shown_path(self.path)}: has changed since it was shown; look again"
                    )
                upgrade(_rows(db), known.version)
                # who held a lease cannot write here any more; values were measured elsewhere
                db.execute("UPDATE job SET owner = NULL, lease = NULL")
                db.execute("UPDATE job SET adopted = 1 WHERE state = 'done'")
                db.execute("UPDATE measurement SET owner = ''")
                check(db)
                seal.write_seal(db, secrets.token_hex(16), key, seal.digests_of(db))
                counted = counts_of(db)
                db.execute("COMMIT")
            self.path.chmod(0o600)
        count_of_all(str(self.path.parent), counted)

    def _is_read_in_place(self) -> bool:
        return not self.to_show and writable(self.path) and self._locked.is_read_in_place()

    def _look(self, db: sqlite3.Connection, now: tuple[int, ...]) -> _Known:
        """What this process knows of the file, if it is still that; else all of it is read."""
        known = self._known
        if (
            known
            and known.print == now
            and (known.seal is None or known.seal == seal.read_seal(db))
        ):
            return known
        with bounded(db, self.path.stat().st_size):
            try:
                version = require_sound(db)
                require_intact(db)
            except InputError as error:
                raise InputError(f"{shown_path(self.path)}: {error}") from None
            found = seal.read_seal(db) if version == VERSION else None
            digests = seal.digests_of(db)
            standing = judge(db, found, digests)
        self._known = _Known(now, found, digests, version, standing)
        return self._known

    def _foreign(self, known: _Known) -> InputError:
        return InputError(
            f"{shown_path(self.path, 70)}: {known.standing.why}: nothing is sent, and no value of "
            "it is used; its jobs may be at the provider: look with "
            f"`{on_run(self.path, 'list')}`, then take it over with `{on_run(self.path, 'adopt')}`"
        )

    def _require_writable(self) -> None:
        require_plain(self.path)
        if not writable(self.path):
            raise QfusionError(
                f"{shown_path(self.path)}: cannot be written; it needs a local disk that can be: "
                "copy the run to one"
            )


def _name(known: _Known) -> str:
    assert known.seal is not None  # it is the user's own
    return known.seal.journal


def _rows(db: sqlite3.Connection) -> sqlite3.Connection:
    db.row_factory = sqlite3.Row
    return db
