"""Files that are either whole or not there, and never outside of their folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qfusion_core.errors import InputError, QfusionError
from qfusion_core.printable import shown_path


def write_atomically(path: Path, content: bytes | str, *, mode: int = 0o666) -> None:
    """Write aside, flush to the disk, then rename: a crash leaves the old file or the new one.

    The file aside has a name that nobody can foresee, and is made, never opened: whoever can write
    into the folder cannot lead the writing elsewhere with a link. A link at ``path`` itself is
    replaced, not followed.

    Args:
        path: Of the file.
        content: Text is written in UTF-8.
        mode: Less what the umask takes away.
    """
    raw = content.encode() if isinstance(content, str) else content
    aside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(aside, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A file aside, of mode 0600, to be filled inside; then it gets the name, if nobody was faster.

    Whoever finds the name finds a whole file, and all find the same one.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield aside
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links: an empty file takes the name first
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
                aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def require_no_link(path: Path) -> Path:
    """The path itself, unless its last component is a link.

    For names inside a run folder: the way to the folder may hold links, what is in it may not.

    Raises:
        InputError: It is a link.
    """
    if path.is_symlink():
        raise InputError(
            f"{shown_path(path)}: is a link; nothing inside a run folder may be one: replace it by "
            "what it points to"
        )
    return path


@contextmanager
def writing(path: Path, advice: str) -> Iterator[None]:
    """A full disk, or another reason why a file cannot be written, in one line.

    Args:
        path: What is written.
        advice: How to go on.

    Raises:
        QfusionError: It cannot be written.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise QfusionError(f"{shown_path(path)}: cannot write it ({why}); {advice}") from None
