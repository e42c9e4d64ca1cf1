"""What the doctor says of the folders that jobs are written down in."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from qfusion_core.errors import QfusionError
from qfusion_core.printable import one_line, shown_path
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.presence import NAME
from qfusion_core.remote.journal.sqlite.file import is_logged_ahead
from qfusion_core.remote.journal.sqlite.journal_mode import VARIABLE, Mode
from qfusion_core.remote.journal.sqlite.locked_file import ONE_MACHINE, LockedFile
from qfusion_core.remote.machine.job import Finding
from qfusion_core.storage.mounts import file_system
from qfusion_core.storage.places import state_folder

_TWO = "that two machines at once keep each other out is not promised"


def look_at_places(run: Path) -> Iterator[Finding]:
    """How a folder keeps journals, and, where it is in doubt, how the state directory keeps totals.

    Each is tried with a file of its own, which is taken away again.

    Args:
        run: Folder of a run, or where runs are made.
    """
    where = shown_path(run.absolute(), 80)
    try:
        mode = _tried(run)
        if os.path.lexists(run / NAME):
            Journal(run, to_show=True).standing()  # it can be read
        yield Finding("journal", _status(mode), f"{where}: {_said(mode)}{_pending(run, mode)}")
    except OSError as error:
        problem = (
            f"no journal can be written there ({error.strerror}); name another folder with --run"
        )
        yield Finding("journal", "failed", f"{where}: {problem}")
    except (QfusionError, sqlite3.Error) as error:
        yield Finding("journal", "failed", one_line(error))
    yield from _totals(state_folder())


def _totals(folder: Path) -> Iterator[Finding]:
    system, where = file_system(folder), shown_path(folder, 80)
    if system.kind == "local":
        return
    nearest = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    try:
        _tried(nearest)
    except (QfusionError, OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        problem = f"{where}: no budget over all runs can be held: {one_line(reason)}"
        yield Finding("totals", "warning", problem)
        return
    if system.kind == "shared":
        problem = f"{where}: on {system.name}; budgets over all runs hold on one machine: {_TWO}"
        yield Finding("totals", "warning", problem)


def _tried(folder: Path) -> Mode:
    """The mode of a file that is made there, after another process was kept out of it."""
    with tempfile.TemporaryDirectory(prefix=".qfusion-", dir=folder) as aside:
        path = Path(aside) / NAME
        path.touch()
        keeping = LockedFile(path)
        try:
            with keeping.writing():
                return keeping.mode
        except QfusionError as error:  # the user knows nothing of the file aside
            message = str(error).replace(shown_path(path, 80), shown_path(folder.absolute(), 80))
            raise type(error)(message) from None


def _status(mode: Mode) -> Literal["ok", "warning"]:
    doubtful = not mode.ahead and (mode.system.kind != "local" or not mode.chosen)
    return "warning" if mode.system.kind == "shared" or doubtful else "ok"


def _said(mode: Mode) -> str:
    name, shared = mode.system.name or "a file system of unknown type", mode.system.kind == "shared"
    if mode.is_plain:
        return f"a write-ahead log, on {name}"
    if not mode.ahead:
        description = f"a rollback journal, because {mode.why}; another process was kept out"
        alone = mode.chosen and mode.system.kind == "local"
        return description if alone else f"{description}; {_TWO}: {ONE_MACHINE}"
    if shared:
        return f"a write-ahead log on {name}, as {VARIABLE} says: two machines spoil it; unset it"
    return (
        f"a write-ahead log, on {name}; another process was kept out; if it is a network's, set "
        f"{VARIABLE}=rollback"
    )


def _pending(run: Path, mode: Mode) -> str:
    """What becomes of the journal that is there."""
    path = run / NAME
    if not path.is_file() or path.is_symlink() or is_logged_ahead(path) == mode.ahead:
        return ""
    return "; the journal that is there is converted when it is written next"
