"""A new journal: whole or not at all."""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from qfusion_core.remote.file import connected
from qfusion_core.remote.schema import create
from qfusion_core.remote.seal import write_seal
from qfusion_core.storage.writing import new_file


def make(path: Path, key: bytes) -> None:
    """Make it aside, then give it its name, if nobody was faster."""
    with new_file(path) as aside:
        try:
            with connected(aside) as db:
                log_ahead(db)
                db.execute("BEGIN IMMEDIATE")
                create(db)
                write_seal(db, secrets.token_hex(16), key, {})
                db.execute("COMMIT")
        finally:
            for suffix in ("-wal", "-shm"):
                Path(f"{aside}{suffix}").unlink(missing_ok=True)
    _flush_names(path.parent)


def _flush_names(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def log_ahead(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log.

    Of two processes that do so at once SQLite tells one so without waiting.
    """
    for attempt in Retrying(
        retry=retry_if_exception(_is_locked),
        stop=stop_after_delay(60),
        wait=wait_random(0, 0.05),
        reraise=True,
    ):
        with attempt:
            db.execute("PRAGMA journal_mode = WAL")


def _is_locked(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
