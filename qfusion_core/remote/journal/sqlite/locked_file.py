"""How this process keeps one journal: with a log or without, and never where locks do not hold."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from qfusion_core.errors import InputError, QfusionError
from qfusion_core.notes import note
from qfusion_core.printable import shown_path
from qfusion_core.remote.journal.sqlite.file import connected, is_logged_ahead
from qfusion_core.remote.journal.sqlite.journal_mode import (
    PATIENCE,
    VARIABLE,
    Mode,
    log_ahead,
    log_refused,
    mode_of,
    roll_back,
    rolls_back,
)
from qfusion_core.remote.journal.sqlite.locks import lock_error, no_locks, not_kept_out

ONE_MACHINE = "use a run on one machine at a time"


class _LoggedAhead(QfusionError):
    """It was converted back between two steps."""


class LockedFile:
    """What is found out of a file when it is first used, and holds for this process.

    Args:
        path: Of the file; SQLite does not have it open in this process when it is asked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mode: Mode | None = None
        self._log_works = self._kept_out = False

    @property
    def mode(self) -> Mode:
        """The mode of the file, as far as it is known.

        Raises:
            InputError: The variable says what is no mode.
        """
        if self._mode is None:
            self._mode = mode_of(self._path.parent)
        return self._mode

    def is_read_in_place(self) -> bool:
        """Whether the file can be read where it lies; otherwise in a copy.

        It cannot where nobody can be kept out, or with a log that does not work there.
        """
        if not self.mode.is_plain and lock_error(self._path):
            return False
        return not is_logged_ahead(self._path) or (self.mode.ahead and not self._refused())

    @contextmanager
    def writing(self, *, new: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction that writes: nothing of it stays unless it is committed.

        The first one shows that other processes are kept out.

        Args:
            new: The file was made just now.

        Raises:
            InputError: The user wants a log, and SQLite takes none there.
            QfusionError: Another process has the file open, or keeps it with a log; or locks do not
                keep it out.
        """
        with ExitStack() as stack:
            again = Retrying(
                retry=retry_if_exception_type(_LoggedAhead),
                stop=stop_after_delay(PATIENCE),
                wait=wait_random(0, 0.05),
                reraise=True,
            )
            yield again(self._begun, stack, new)

    def _begun(self, stack: ExitStack, new: bool) -> sqlite3.Connection:
        self._prepare(new)
        with ExitStack() as tried:
            db = tried.enter_context(connected(self._path))
            self._begin(db)
            stack.enter_context(tried.pop_all())
            return db

    def _prepare(self, new: bool) -> None:
        """Bring the file into its mode, and say so where that is not the usual one."""
        self.require_locks(self._path)
        if self.mode.ahead and (fault := self._refused()):
            self._mode = self._without(fault)
        if self.mode.ahead:
            return
        if converted := is_logged_ahead(self._path):
            self._require_kept_out_beside()
            roll_back(self._path, self.mode.why)
        if (new or converted) and not self.mode.chosen:
            folder = shown_path(self._path.parent)
            note(f"{folder}: {self.mode.why}: jobs are kept in a rollback journal; {ONE_MACHINE}")

    def _require_kept_out_beside(self) -> None:
        """Try another file of the folder: what others write into this one's log must not be lost.

        Raises:
            QfusionError: Locks keep nobody out.
        """
        with tempfile.TemporaryDirectory(prefix=".qfusion-", dir=self._path.parent) as aside:
            path = Path(aside) / self._path.name
            path.touch()
            with connected(path) as db:
                db.execute("BEGIN IMMEDIATE")
                if fault := not_kept_out(path):
                    raise self._unsafe(fault)
        self._kept_out = True

    def require_locks(self, path: Path) -> None:
        """Refuse a file on which the system gives no locks: SQLite would wait for one.

        Args:
            path: Of the file, or of one aside that is to become it.

        Raises:
            QfusionError: It gives none.
        """
        if not self.mode.is_plain and (fault := lock_error(path)):
            raise self._unsafe(fault)

    def _begin(self, db: sqlite3.Connection) -> None:
        if not self.mode.ahead and not rolls_back(db):
            raise _LoggedAhead(
                f"{shown_path(self._path, 80)}: another process keeps it with a write-ahead log, "
                f"and this one does not ({self.mode.why}): set {VARIABLE} for both alike, then run "
                "the same again; nothing is lost"
            )
        db.execute("BEGIN IMMEDIATE")
        if not self.mode.is_plain and not self._kept_out:
            if fault := not_kept_out(self._path):
                raise self._unsafe(fault)
            self._kept_out = True

    def _unsafe(self, fault: str) -> QfusionError:
        where = no_locks(self._path, fault)
        return QfusionError(f"{where}, so nothing is sent; copy the run to another disk")

    def _refused(self) -> str:
        """Why no log can be had, which is tried once; a copy of another program's may have none."""
        has_one = is_logged_ahead(self._path)
        if has_one and self._log_works:
            return ""
        fault = log_refused(self._path) if has_one else log_ahead(self._path)
        self._log_works = not fault
        return fault

    def _without(self, fault: str) -> Mode:
        if self.mode.chosen:
            raise InputError(
                f"{shown_path(self._path, 80)}: {VARIABLE} is wal, but SQLite takes no write-ahead "
                f"log there ({fault}); unset it"
            )
        return self.mode._replace(ahead=False, why=f"no write-ahead log works there ({fault})")
