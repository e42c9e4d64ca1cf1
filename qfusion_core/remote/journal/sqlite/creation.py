"""A new journal: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path
from qfusion_core.remote.journal.sealing.seal import write_seal
from qfusion_core.remote.journal.sqlite.file import LOST, connected, stat_of
from qfusion_core.remote.journal.sqlite.schema import create
from qfusion_core.storage.writing import new_file


def make(path: Path, key: bytes, check: Callable[[Path], None]) -> None:
    """Make it aside, then give it its name, if nobody was faster.

    Args:
        path: Of the journal.
        key: That seals it.
        check: Raises where the file aside is of no use.

    Raises:
        InputError: Something is left of another one, which SQLite would take for this one's.
    """
    for suffix in ("-wal", "-journal"):
        status = stat_of(Path(f"{path}{suffix}"))
        if status and status.st_size and not os.path.lexists(path):
            raise InputError(
                f"{shown_path(path, 80)}: is gone, and {path.name}{suffix} of it is left; {LOST}"
            )
    with new_file(path) as aside:
        check(aside)
        try:
            with connected(aside) as db:
                db.execute("BEGIN IMMEDIATE")
                create(db)
                write_seal(db, secrets.token_hex(16), key, {})
                db.execute("COMMIT")
        finally:
            Path(f"{aside}-journal").unlink(missing_ok=True)
    _flush_names(path.parent)


def _flush_names(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            with contextlib.suppress(OSError):  # some file systems cannot, and SQLite does without
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
