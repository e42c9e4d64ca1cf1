"""Standard output and error of the command line: their letters, and what cannot be written."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from contextlib import suppress
from typing import Any

from qfusion_core.cli.output import is_terminal, say
from qfusion_core.printable import one_line

LIMIT = 1000  # letters of an error: a long name in it loses its middle


def say_error(what: str, exit_code: int) -> int:
    """Print an error, if it can be; gives the exit code back."""
    with suppress(OSError):
        say(f"error: {one_line(what, LIMIT)}", err=True)
    return exit_code


def own_the_streams() -> None:
    """What is redirected is UTF-8; a terminal that cannot show a letter is given its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if is_terminal(stream) else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    warnings.showwarning = _show_warning


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    say(f"warning: {one_line(message, LIMIT)}", err=True)


def flushed(code: int) -> int:
    """The exit code, or 1 where the last of the output could not be written."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):  # what is left in it would be tried again at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or say_error(stream_failure(error), 1)
    return code


def is_of_a_stream(error: BaseException) -> bool:
    """Whether an error is that a stream cannot be written."""
    known = (errno.EPIPE, errno.ENOSPC, errno.EIO)
    return isinstance(error, OSError) and error.filename is None and error.errno in known


def stream_failure(error: BaseException) -> str:
    """The same in words."""
    return f"cannot write the output: {getattr(error, 'strerror', None) or one_line(error, 100)}"
