"""The user's own directories: what is kept there is read by nobody else."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path


def state_folder(*, create: bool = False) -> Path:
    """Where keys, trust and totals are kept; mode 0700 where it is made here.

    Raises:
        OSError: It cannot be made.
    """
    folder = platformdirs.user_state_path("qfusion")
    if create:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def cache_folder(*, create: bool = False) -> Path:
    """Where what can be computed again is kept; mode 0700 where it is made here.

    Raises:
        OSError: It cannot be made.
    """
    folder = platformdirs.user_cache_path("qfusion")
    if create:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def config_folder() -> Path:
    """Where the user's own ``backends.yaml`` and ``prices.yaml`` may lie."""
    return platformdirs.user_config_path("qfusion")


def expanded(path: str | Path) -> Path:
    """A path with its ``~`` replaced, as a shell does it.

    Raises:
        InputError: Of a user that nobody is.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise InputError(f"{shown_path(path)}: no such user; write ./~... for a name") from None
