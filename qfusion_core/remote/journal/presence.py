"""Whether a folder has a journal: said before anything heavy is imported."""

from __future__ import annotations

import os
from pathlib import Path

from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path
from qfusion_core.storage.places import expanded

NAME = "journal.sqlite"


def require_journal(run: str | Path) -> Path:
    """The folder of a journal, with the user's home in place of ``~``.

    Args:
        run: The folder.

    Raises:
        InputError: There is none.
    """
    folder = expanded(run, "run")
    if not os.path.lexists(folder / NAME):
        if not folder.is_dir():
            raise InputError(f"{shown_path(folder)}: no such folder; expected that of a run")
        raise InputError(
            f"{shown_path(folder)}: nothing was sent to a remote machine (no {NAME} in it)"
        )
    return folder
