"""How a journal's file keeps transactions whole: by a write-ahead log, or by a rollback journal.

The log needs memory that all processes on the file share, which machines on a network do not have.
There, where SQLite refuses the log, and where the user says so, a rollback journal takes its place:
slower, and good wherever locks are.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from tenacity import Retrying, retry_if_exception, retry_if_result, stop_after_delay, wait_random

from qfusion_core.errors import InputError, QfusionError
from qfusion_core.printable import one_line, shown_path
from qfusion_core.remote.journal.sqlite.file import connected
from qfusion_core.storage.mounts import FileSystem, file_system

VARIABLE = "QFUSION_JOURNAL_MODE"
_CHOICES = ("auto", "wal", "rollback")
PATIENCE = 10.0  # seconds for others to close the file: each has it open for milliseconds
# what SQLite says where it cannot share memory with other processes
_NO_LOG = (
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOLFS),
    *(sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY),
)


class Mode(NamedTuple):
    """What a folder is good for.

    Attributes:
        ahead: A write-ahead log; else a rollback journal.
        why: A clause: why no log. Empty where there is one.
        chosen: The user said so.
        system: Of the folder.
    """

    ahead: bool
    why: str
    chosen: bool
    system: FileSystem

    @property
    def is_plain(self) -> bool:
        """A log on a disk of this machine: no doubt about locks."""
        return self.ahead and self.system.kind == "local"


def mode_of(folder: Path) -> Mode:
    """By the user's word, else by the type of the file system; SQLite may still refuse a log.

    Raises:
        InputError: The variable says what is no mode.
    """
    choice, system = os.environ.get(VARIABLE) or "auto", file_system(folder)
    if choice not in _CHOICES:
        raise InputError(
            f"{VARIABLE}: {one_line(repr(choice), 40)}, expected wal, rollback or auto (by the "
            "file system)"
        )
    if choice == "rollback":
        return Mode(False, f"{VARIABLE} says so", True, system)
    if choice == "auto" and system.kind == "shared":
        return Mode(
            False, f"other machines may write to a file system of type {system.name}", False, system
        )
    return Mode(True, "", choice == "wal", system)


def log_refused(path: Path) -> str:
    """Why SQLite cannot use the log that goes with a file; empty where it can."""
    try:
        with connected(path) as db:
            db.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError as error:
        return _no_log(error)
    return ""


def log_ahead(path: Path) -> str:
    """Give a file a write-ahead log; why SQLite refuses it, empty where it does not.

    Of two processes that do so at once SQLite tells one so without waiting.
    """
    for attempt in Retrying(
        retry=retry_if_exception(_is_locked),
        stop=stop_after_delay(60),
        wait=wait_random(0, 0.05),
        reraise=True,
    ):
        with attempt, connected(path) as db:
            try:
                (got,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                return _no_log(error)
    return log_refused(path) if got == "wal" else "no memory is shared"


def roll_back(path: Path, why: str) -> None:
    """Put into a file what its write-ahead log holds, and go on without one.

    Nobody else has the file open meanwhile. Killed at any moment, it is of one kind or the other.

    Args:
        path: Of the file.
        why: Of the error.

    Raises:
        QfusionError: Another process has it open; nothing is changed.
    """
    alone = Retrying(
        retry=retry_if_result(lambda done: not done),
        stop=stop_after_delay(PATIENCE),
        wait=wait_random(0, 0.05),
        retry_error_callback=lambda state: False,
    )
    if not alone(_roll_back, path):
        raise QfusionError(
            f"{shown_path(path, 80)}: its write-ahead log cannot stay ({why}), and another process "
            "has it open: let that end, then run the same again; nothing is lost"
        )


def _roll_back(path: Path) -> bool:
    try:
        with connected(path, alone=True, wait=0) as db:
            return rolls_back(db)
    except sqlite3.OperationalError as error:
        if not _is_locked(error):
            raise
        return False


def rolls_back(db: sqlite3.Connection) -> bool:
    """Let a connection use a rollback journal; whether it does: not while others use a log.

    The journal stays and is emptied: a name that comes and goes can be seen late by other machines.
    """
    try:
        (got,) = db.execute("PRAGMA journal_mode = TRUNCATE").fetchone()
    except sqlite3.OperationalError as error:
        if not _is_locked(error):
            raise
        return False
    return bool(got == "truncate")


def _no_log(error: sqlite3.OperationalError) -> str:
    """What SQLite says of a log; anything else is raised."""
    if error.sqlite_errorcode & 0xFF not in _NO_LOG:
        raise error
    return one_line(error, 60)


def _is_locked(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
