"""The user's own directories: what is kept there is read by nobody else."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import platformdirs

from qfusion_core.errors import InputError
from qfusion_core.notes import note
from qfusion_core.printable import shown_path, shown_value


def state_folder(*, create: bool = False) -> Path:
    """Where keys, trust and totals are kept; mode 0700 where it is made here.

    Raises:
        OSError: It cannot be made.
    """
    folder = platformdirs.user_state_path("qfusion")
    if create:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def config_folder() -> Path:
    """Where the user's own ``backends.yaml`` and ``prices.yaml`` may lie."""
    return platformdirs.user_config_path("qfusion")


def expanded(path: str | Path, argument: str = "path") -> Path:
    """A path with its ``~`` replaced, as a shell does it.

    Args:
        path: As it was given.
        argument: What errors call it.

    Raises:
        InputError: Of a user that nobody is; an empty text, or no path at all.
    """
    if not isinstance(path, str | os.PathLike) or path == "":
        raise InputError(
            f'{argument}: expected a path, got {shown_value(path)}; "." is the working directory'
        )
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise InputError(f"{shown_path(path)}: no such user; write ./~... for a name") from None


def require_own(path: Path) -> None:
    """Refuse a file or folder that is not the user's own, or that others may write.

    Windows tells neither in these words: nothing is refused there.

    Raises:
        OSError: It is not, or cannot be looked at.
    """
    if os.name == "nt":
        return
    told = path.stat()
    if told.st_uid != os.geteuid():
        raise PermissionError("belongs to somebody else")
    if told.st_mode & 0o022:
        raise PermissionError("others may write there")


def private_cache(name: str, chosen: str | None = None) -> Path:
    """A folder for what will be run when it is read again: of the user's own, mode 0700.

    Where there can be none, a temporary one takes its place until the process ends, and a line
    says so.

    Args:
        name: In the user's cache.
        chosen: A folder that the user chose instead.
    """
    folder = Path(chosen) if chosen else platformdirs.user_cache_path("qfusion") / name
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.mkdir(mode=0o700, exist_ok=True)
        require_own(folder)
        with tempfile.TemporaryFile(dir=folder):
            return folder.resolve()
    except OSError as error:
        private = tempfile.mkdtemp(prefix=f"qfusion-{name}-")
        atexit.register(shutil.rmtree, private, ignore_errors=True)
        said = error.strerror or str(error)
        note(f"cache {folder}: {said}; {private} is used by this process instead")
        return Path(private)
