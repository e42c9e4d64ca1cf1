"""The journal of a folder that has one."""

from __future__ import annotations

import os
from pathlib import Path

from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path
from qfusion_core.remote.journal.journal import NAME, Journal
from qfusion_core.storage.places import expanded


def open_journal(run: str | Path, *, to_show: bool = False) -> Journal:
    """The journal of a folder.

    Args:
        run: The folder.
        to_show: As of `Journal`.

    Raises:
        InputError: There is none.
    """
    run = expanded(run)
    if not os.path.lexists(run / NAME):
        if not run.is_dir():
            raise InputError(f"{shown_path(run)}: no such folder; expected that of a run")
        raise InputError(
            f"{shown_path(run)}: nothing was sent to a remote machine (no {NAME} in it)"
        )
    return Journal(run, to_show=to_show)
