"""A journal that cannot be written, or is only shown, is read in a private copy.

SQLite itself writes beside a file that it reads.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qfusion_core.errors import InputError, QfusionError
from qfusion_core.printable import shown_path
from qfusion_core.remote.journal.sqlite.file import Print, fingerprint, head, stat_of
from qfusion_core.storage.reading import open_regular

_LONGEST = 8.0  # seconds for a copy
_LARGEST = 500_000_000  # bytes of a file that is copied
_COUNTER = slice(24, 28)  # of transactions, in the head


@contextmanager
def copied(path: Path) -> Iterator[tuple[Path, Print]]:
    """A copy in a private folder, with what SQLite keeps beside the file; its fingerprint.

    Raises:
        InputError: It is too large, or cannot be read.
        QfusionError: Others write to it all the time.
    """
    with tempfile.TemporaryDirectory(prefix="qfusion-") as folder:
        copy, end = Path(folder) / path.name, time.monotonic() + _LONGEST
        while True:
            before, moment = fingerprint(path), _moment(path)
            try:
                for suffix in ("", "-wal", "-journal"):
                    _copy(Path(f"{path}{suffix}"), Path(f"{copy}{suffix}"))
                if (fingerprint(path), _moment(path)) == (before, moment):
                    break  # else halves of two states
            except InputError:
                if (fingerprint(path), _moment(path)) == (before, moment):
                    raise  # else the log went in between
            if time.monotonic() > end:
                raise QfusionError(f"{shown_path(path)}: is written all the time; try again")
            time.sleep(0.02)
        yield copy, before


def _moment(path: Path) -> tuple[bytes, int]:
    """Of a file that is changed in place: two transactions can be within one tick of the clock.

    What one has changed so far is undone by its journal, which is never cut short in between.
    """
    undone = stat_of(Path(f"{path}-journal"))
    return head(path)[_COUNTER], undone.st_size if undone else 0


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    if not source.exists():
        return
    with open_regular(source, follow=False) as file:
        size = os.fstat(file.fileno()).st_size
        if size > _LARGEST:
            raise InputError(
                f"{shown_path(source)}: {size:,} bytes, expected at most {_LARGEST:,}; is it a "
                "journal?"
            )
        with target.open("xb") as copy:
            shutil.copyfileobj(file, copy)
