"""Reading files that anybody may have put there: regular, bounded, and not through a link.

What is checked is the opened descriptor, never the path a moment before: a path can be changed in
between. A FIFO or a device is opened without waiting, and refused.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path

MB = 1_000_000
YAML_LIMIT = 1 * MB
DOCUMENT_LIMIT = 16 * MB  # a saved description of a machine, a history, a JSON of ours


@contextmanager
def open_regular(path: str | Path, *, follow: bool = True) -> Iterator[IO[bytes]]:
    """A regular file, opened for reading in binary.

    Args:
        path: Of the file.
        follow: Whether its last component may be a link: no for names inside a run folder, which
            somebody else may have made.

    Raises:
        InputError: It is missing, cannot be read, is a link where none may be, or no regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    where = shown_path(path)
    if not follow and Path(path).is_symlink():  # O_NOFOLLOW below decides; this one has the words
        raise InputError(f"{where}: is a link; a file inside a run folder must be a real one")
    try:
        descriptor = os.open(path, flags | (0 if follow else getattr(os, "O_NOFOLLOW", 0)))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        said = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{where}: cannot read it: {said}") from None
    try:
        kind = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(kind):
            what = "a folder" if stat.S_ISDIR(kind) else "no regular file"
            raise InputError(f"{where}: cannot read it: {what}")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def read_bounded(path: str | Path, limit: int, *, follow: bool = True) -> bytes:
    """Content of a regular file, unless it is larger than a limit: then no memory is taken.

    Args:
        path: Of the file.
        limit: In bytes.
        follow: As of `open_regular`.

    Raises:
        InputError: As `open_regular`, or it is too large.
    """
    with open_regular(path, follow=follow) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            content = b"" if size > limit else file.read(limit + 1)  # it may grow while it is read
        except OSError as error:
            raise InputError(f"{shown_path(path)}: cannot read it: {error.strerror}") from None
    if size > limit or len(content) > limit:
        raise InputError(
            f"{shown_path(path)}: {max(size, len(content)):,} bytes, expected at most {limit:,}; "
            "is it the right file?"
        )
    return content


def read_text(path: str | Path, limit: int, *, follow: bool = True) -> str:
    """Text of a bounded file, in UTF-8, with or without a byte order mark.

    Raises:
        InputError: As `read_bounded`, or it is not UTF-8.
    """
    return decoded(read_bounded(path, limit, follow=follow), path)


def decoded(content: bytes, path: str | Path) -> str:
    """Text out of the content of a file, in UTF-8, with or without a byte order mark.

    Raises:
        InputError: It is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{shown_path(path)}: not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None


def read_document(path: str | Path) -> str:
    """Text of a saved document: a regular file of at most 16 MB, in UTF-8.

    Raises:
        InputError: It is anything else, or cannot be read.
    """
    return read_text(path, DOCUMENT_LIMIT)


def parse_json(text: str) -> Any:
    """JSON without NaN and infinities, which Python reads and no standard has.

    Raises:
        ValueError: It is not JSON.
        RecursionError: It is nested too deeply.
    """

    def refuse(number: str) -> None:
        raise ValueError(f"{number} is no number of JSON")

    return json.loads(text, parse_constant=refuse)
