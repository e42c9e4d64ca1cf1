"""The journal of a folder that has one."""

from __future__ import annotations

from pathlib import Path

from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.presence import require_journal


def open_journal(run: str | Path, *, to_show: bool = False) -> Journal:
    """The journal of a folder.

    Args:
        run: The folder.
        to_show: As of `Journal`.

    Raises:
        InputError: There is none.
    """
    return Journal(require_journal(run), to_show=to_show)
