"""Journals that the user has adopted and that cannot be written: noted in the state directory."""

from __future__ import annotations

import os
from pathlib import Path

from qfusion_core.errors import InputError
from qfusion_core.printable import printable, shown_path
from qfusion_core.storage.places import state_folder
from qfusion_core.storage.writing import write_atomically

_FOLDER = "adopted"


def note(content: str, path: Path) -> None:
    """Note that a journal of this content is adopted, wherever it lies.

    Raises:
        InputError: The state directory cannot be written.
    """
    folder = state_folder() / _FOLDER
    try:
        state_folder(create=True)
        folder.mkdir(exist_ok=True, mode=0o700)
        write_atomically(folder / content, f"{printable(path.absolute())}\n", mode=0o600)
    except OSError as error:
        raise InputError(
            f"{shown_path(folder)}: cannot note there that a journal is adopted ({error.strerror})"
        ) from None


def noted(content: str) -> bool:
    """Whether a journal with this content was adopted as it lies."""
    return os.path.lexists(state_folder() / _FOLDER / content)
