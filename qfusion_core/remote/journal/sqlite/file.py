"""The file of a journal: opened so that no link is followed, nothing hangs, and errors have words.

It is opened where it lies to be written or read; for the rest see
`qfusion_core.remote.journal.sqlite.copying`.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from qfusion_core.config.shell_command import quoted, shell_command
from qfusion_core.errors import InputError, QfusionError, translated
from qfusion_core.printable import one_line, shown_path
from qfusion_core.storage.writing import require_no_link

LOST = "jobs of it may be at the provider, tagged qf-...: restore a copy, or move it away"
_WAIT = 60.0  # seconds for a lock: transactions take milliseconds, so only a fault waits so long
_LONGEST = 8.0  # seconds of computing in a check of what may be anything
_CELL = 500_000_000  # bytes of one value

_HEAD = b"SQLite format 3\0"
_FORMAT = slice(18, 20)  # how it is written, and read
_NAMES_ANOTHER = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"  # at the end of a rollback journal

Print = tuple[int, ...]


def fingerprint(path: Path) -> Print:
    """Changes with each change of the file, or of what SQLite keeps beside it."""
    file, log = path.stat(), stat_of(Path(f"{path}-wal"))
    return (
        *(file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns),
        *((log.st_size, log.st_mtime_ns) if log and log.st_size else ()),
    )


def stat_of(path: Path) -> os.stat_result | None:
    """Of a file that may go at any moment; None where there is none."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def require_plain(path: Path) -> None:
    """Refuse a journal that is a link or no file, or has such a thing beside it.

    Raises:
        InputError: SQLite would write to where a link leads, or do what another file says.
    """
    for suffix in ("", "-wal", "-shm", "-journal"):
        file = require_no_link(Path(f"{path}{suffix}"))
        status = stat_of(file)
        if status and not stat.S_ISREG(status.st_mode):
            raise InputError(f"{shown_path(file)}: no regular file, which a journal must be")
    begin = head(path)
    if begin and not begin.startswith(_HEAD):
        raise InputError(
            f"{shown_path(path, 80)}: damaged, or not a journal of qfusion: no SQLite file; {LOST}"
        )
    if not begin:
        raise InputError(f"{shown_path(path, 80)}: empty, which no journal ever is; {LOST}")
    undone = Path(f"{path}-journal")
    if _end(undone, len(_NAMES_ANOTHER)) == _NAMES_ANOTHER:
        # ours is of one file; SQLite would obey it, and delete the file that it names
        raise InputError(
            f"{shown_path(undone)}: names another file, which no journal of qfusion does; move it "
            "away"
        )


def _end(path: Path, size: int) -> bytes:
    """The last bytes of a file that may go at any moment."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read(size)
    except FileNotFoundError:
        return b""


def is_logged_ahead(path: Path) -> bool:
    """Whether the file says that a write-ahead log goes with it.

    Not to be asked while SQLite has it open in this process: its locks would end.
    """
    return head(path)[_FORMAT] == b"\2\2"


def head(path: Path) -> bytes:
    """What a file begins with; likewise."""
    with path.open("rb") as file:
        return file.read(100)


def writable(path: Path) -> bool:
    """Whether SQLite can write to the file and beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def address(path: Path) -> str:
    """How SQLite finds a file that is there: it never makes one."""
    return f"{path.absolute().as_uri()}?mode=rw"


@contextmanager
def connected(
    path: Path, *, alone: bool = False, wait: float | None = None
) -> Iterator[sqlite3.Connection]:
    """A connection to a file that is there; none is shared by threads, or with a forked process.

    Args:
        path: Of the file.
        alone: Nobody else uses it meanwhile: then a log needs no memory that is shared.
        wait: Seconds for a lock, if not as long as only a fault takes.
    """
    wait = _WAIT if wait is None else wait
    with closing(
        sqlite3.connect(address(path), timeout=wait, isolation_level=None, uri=True)
    ) as db:
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _CELL)
        if alone:  # before anything is read, or a setting that makes SQLite read
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA cell_size_check = ON")
        # a job that was accepted must be on the disk, even when the power fails
        db.execute("PRAGMA synchronous = EXTRA")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("PRAGMA recursive_triggers = ON")  # a row that REPLACE takes away is noticed
        yield db


@contextmanager
def bounded(db: sqlite3.Connection, size: int) -> Iterator[None]:
    """What takes too long for a file of this size is interrupted."""
    # of this thread's own time: a slow disk is no fault of the file
    end = time.thread_time() + _LONGEST + size / 5e7
    db.set_progress_handler(lambda: time.thread_time() > end, 100_000)
    try:
        yield
    finally:
        db.set_progress_handler(None, 0)


def on_run(path: Path, action: str, *words: str) -> str:
    """A command on the jobs of a journal's folder, which is RUN where a line has no room for it."""
    run = str(path.parent)
    named = run if len(quoted(run)) <= 60 and run.isprintable() else "RUN"
    return shell_command("jobs", action, named, *words)


def give_up(path: Path, measurement: str) -> str:
    """What to do about a measurement that cannot be read."""
    return f"give it up with `{on_run(path, 'forget', measurement)}`, then run again"


def damaged_row(path: Path, what: str, advice: str = LOST) -> AbstractContextManager[None]:
    """Whatever reading a row raises becomes one line with the path.

    Raises:
        InputError: Something was raised inside.
    """
    where = shown_path(path, 80)
    return translated(
        lambda error: InputError(f"{where}: {what} is damaged ({one_line(error, 60)}); {advice}")
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """What SQLite says becomes one line with the path.

    Raises:
        InputError: The file is damaged, or no journal.
        QfusionError: It cannot be written now, or another process holds it.
    """
    where = shown_path(path, 80)
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # what SQLite says may quote the file
        fault, code = one_line(error, 60), (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise QfusionError(
                f"{where}: another process has held the journal for {_WAIT:.0f} s; if it is "
                "stopped, let it go on or end it, then run the same again: no job is lost"
            ) from error
        if code in (
            *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL),
            *(sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOLFS),
            sqlite3.SQLITE_PROTOCOL,
        ):
            raise QfusionError(
                f"{where}: cannot use the journal ({fault}); it needs a local disk that can be "
                "written"
            ) from error
        if code == sqlite3.SQLITE_INTERRUPT:
            raise InputError(f"{where}: takes too long to read for its size; {LOST}") from error
        if code == sqlite3.SQLITE_CONSTRAINT:
            raise InputError(
                f"{where}: a row that no journal may hold ({fault}): a negative amount, for one; "
                f"{LOST}"
            ) from error
        raise InputError(
            f"{where}: damaged, or not a journal of qfusion ({fault}); {LOST}"
        ) from error
    except OverflowError as error:
        raise InputError(f"{where}: a number is too large to be written down ({error})") from error
    except OSError as error:
        raise QfusionError(
            f"{where}: cannot use the journal ({error.strerror}); it needs a local disk that can "
            "be written"
        ) from error
