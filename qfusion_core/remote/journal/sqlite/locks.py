"""Whether locks keep another process out: where they do not, no job can be sent only once."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qfusion_core.printable import one_line, shown_path
from qfusion_core.remote.journal.sqlite.file import address
from qfusion_core.remote.signals import not_interrupted

# what another process gets while this one writes; it imports nothing of ours, and sends nothing
_OTHER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None, uri=True)
try:
    db.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    sys.exit(7 if error.sqlite_errorcode & 255 == sqlite3.SQLITE_BUSY else str(error))
sys.exit("it could write, too")
"""
_IN_USE: dict[str, threading.RLock] = {}  # by folder
_KEPT_OUT = 7
_NEEDED = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")  # by Python itself: no keys, no credentials
_PATIENCE = 60.0  # seconds for a process to start


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """No other thread of this process opens a file that SQLite has open: POSIX locks end with it.

    That is, when any descriptor of the file is closed: its head is read, it is copied, it is tried.
    What is held here is let go before a signal ends it.
    """
    with not_interrupted(), _IN_USE.setdefault(os.path.realpath(path.parent), threading.RLock()):
        yield


def lock_error(path: Path) -> str:
    """Why the system gives no locks on a file; empty where it does, or cannot be asked.

    SQLite takes it for the lock of another process, and waits.

    Args:
        path: Of a file that SQLite does not have open in this process: its locks end here.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        return ""
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)  # a byte that SQLite leaves alone
    except OSError as error:
        held = error.errno in (errno.EAGAIN, errno.EACCES)
        return "" if held else error.strerror or "no locks"
    finally:
        os.close(descriptor)
    return ""


def not_kept_out(path: Path) -> str:
    """Why another process could write a file while this one does; empty where it could not.

    Args:
        path: Of the file, on which this process holds SQLite's lock to write: in a transaction.
    """
    needed = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    command = [sys.executable, "-I", "-S", "-c", _OTHER, address(path)]
    try:
        done = subprocess.run(
            command, env=needed, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        fault = getattr(error, "strerror", None) or type(error).__name__
        return f"another process cannot be tried: {fault}"
    if done.returncode == _KEPT_OUT:
        return ""
    return done.stderr.decode("utf-8", "replace") or f"another process ended: {done.returncode}"


def no_locks(path: Path, fault: str) -> str:
    """The beginning of an error, up to what to do."""
    return f"{shown_path(path, 80)}: locks keep no other process out there ({one_line(fault, 70)})"
