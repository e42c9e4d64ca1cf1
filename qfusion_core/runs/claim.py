"""Whose a run folder is: two trainings that start at the same time never share one."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qfusion_core.config.shell_command import shell_command
from qfusion_core.errors import InputError
from qfusion_core.printable import one_line, shown_path

LOCK = "training.lock"


def require_free(path: Path, advice: str) -> None:
    """Refuse a path where no new folder can be made.

    Args:
        path: Of the folder.
        advice: What to do, where one is there already.

    Raises:
        InputError: The folder holds something already, or cannot be looked into.
    """
    try:
        taken = os.path.lexists(path) and (not path.is_dir() or any(path.iterdir()))
    except (OSError, ValueError) as error:
        raise cannot_write(path, error, advice) from None
    if taken:
        raise InputError(f"{shown_path(path)}: exists already; {advice}")


ELSEWHERE = "choose another folder"


def or_resume(path: Path) -> str:
    """What to do where something is there already: go on with it, if it is a training."""
    begun = os.path.isfile(path / "config.yaml")  # noqa: PTH113  (raises nothing)
    if not begun or os.path.lexists(path / "model.safetensors"):
        return ELSEWHERE
    return f"{ELSEWHERE}, or continue it with `{shell_command('train', '--resume', path)}`"


def cannot_write(path: Path, error: OSError | ValueError, advice: str = ELSEWHERE) -> InputError:
    """The error about a folder that cannot be made."""
    why = getattr(error, "strerror", None) or one_line(error, 60)
    return InputError(f"{shown_path(path)}: cannot write a run folder there ({why}); {advice}")


def new_folder(path: Path) -> Path:
    """Make a new, empty folder: the path itself, or with the first number behind it that is free.

    Whoever makes it has it: of two processes one gets the next number.

    Raises:
        InputError: No folder can be made there.
    """
    number, free = 1, path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            with contextlib.suppress(FileExistsError):
                free.mkdir()
                return free
            number += 1
            free = path.with_name(f"{path.name}-{number}")
    except (OSError, ValueError) as error:
        raise cannot_write(path, error) from None


@contextmanager
def claimed(out: Path | None, default: Path) -> Iterator[Path]:
    """A folder to write a run into; taken away again if what is done there fails and leaves it
    empty.

    Args:
        out: What the user named: it must be free.
        default: Where none was named: a number is added until one is free.

    Raises:
        InputError: It is not free, or cannot be made.
    """
    if out is not None:
        require_free(out, or_resume(out))
    path = new_folder(default) if out is None else out
    mine = out is None or not os.path.lexists(out)
    try:
        yield path
    except BaseException:
        if mine:
            with contextlib.suppress(OSError, ValueError):
                path.rmdir()  # refuses what is not empty
        raise


@contextmanager
def training_lock(path: Path) -> Iterator[None]:
    """While one process trains in a folder, no other does. Ends with the process.

    Raises:
        InputError: Another process has it.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    file = path / LOCK
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    while True:
        try:
            descriptor = os.open(file, flags, 0o666)
        except OSError as error:
            why = f"cannot write it ({error.strerror})"
            raise InputError(f"{shown_path(file)}: {why}; is the folder read-only?") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = one_line(os.read(descriptor, 200).decode("utf-8", "replace")) or "another one"
            os.close(descriptor)
            raise InputError(
                f"{shown_path(path)}: is being trained by process {owner}; wait for it, or stop it"
            ) from None
        except OSError:
            pass  # a file system without locks
        if _still_there(descriptor, file):
            break
        os.close(descriptor)  # whoever had it has finished, and took the file away: once more
    try:
        if os.fstat(descriptor).st_nlink == 1:  # else it is a file outside of the folder, too
            with contextlib.suppress(OSError):  # a full disk: only the name is missing
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            file.unlink()
        os.close(descriptor)


def _still_there(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(file))
    except FileNotFoundError:
        return False
