"""Files that are looked for: named by a variable, found in the working directory, or the user's.

One that merely lies in the working directory may be a stranger's: it takes the place of none until
it is trusted (see `qfusion_core.config.trust`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from qfusion_core.config.trust import FileBytes, is_trusted
from qfusion_core.errors import InputError
from qfusion_core.notes import note
from qfusion_core.printable import shown_path
from qfusion_core.storage.places import config_folder, expanded


class FoundFile(NamedTuple):
    """What was found.

    Attributes:
        own: The file that counts; None where there is none.
        theirs: One that was only found in the working directory, and is not trusted.
    """

    own: FileBytes | None
    theirs: FileBytes | None = None


def find(name: str, variable: str, packaged: Path | None = None) -> FoundFile:
    """Look where the variable says, here, in the user's configuration directory, in the package.

    A variable confers trust as an absolute path only: a relative one means another file in each
    folder.

    Args:
        name: Of the file.
        variable: Of the environment.
        packaged: The copy in the package; a file with the same bytes is as good.

    Raises:
        InputError: The variable names no file, or one cannot be read; of one that merely lies here
            a note says so.
    """
    location = os.environ.get(variable)
    here = expanded(location or name, variable)
    if location and not here.is_file():
        raise InputError(
            f"{variable}={shown_path(location)}: no such file; correct or unset the variable"
        )
    if location and here.is_absolute():
        return FoundFile(FileBytes.read(here))
    users = config_folder() / name
    own = users if users.is_absolute() and users.is_file() else packaged
    ours = None if own is None else FileBytes.read(own)
    try:
        theirs = FileBytes.read(here) if here.is_file() else None
    except InputError as error:
        if location:
            raise
        left_out(error, own)
        theirs = None
    if theirs is None:
        return FoundFile(ours)
    as_packaged = packaged is not None and theirs.content == packaged.read_bytes()
    same = own is not None and here.resolve() == own.resolve()
    if as_packaged or same or is_trusted(theirs):
        return FoundFile(theirs)
    return FoundFile(ours, theirs)


def left_out(error: InputError, own: str | Path | None) -> None:
    """Say that a file which merely lies here cannot be read, and which one counts.

    Args:
        error: Of reading it; names it.
        own: The file that counts; None for the packaged one.
    """
    counts = "the packaged one" if own is None else str(own)
    note(f"{error}; that file was only found here, so it is left out and {counts} counts")
