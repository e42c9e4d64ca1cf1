"""Runs a verb and turns whatever it raises into one line and an exit code.

0: done. 1: it failed. 2: the request was wrong. 3: the budget does not allow it. 130: interrupted.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import typer

from qfusion_core.cli.app import TRACEBACK, app
from qfusion_core.cli.output import is_terminal, say
from qfusion_core.errors import Interrupted, QfusionError
from qfusion_core.notes import LOGGER
from qfusion_core.printable import one_line

LIMIT = 1000  # letters of an error: a long name in it loses its middle


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the ``qfusion`` command; always ends in ``SystemExit``.

    Args:
        arguments: The words after ``qfusion``; those of the process for None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        _own_the_streams()
    with _notes():
        code = _run(words or ["--help"])
    sys.exit(_flushed(code))


def _run(words: list[str]) -> int:
    try:
        Path.cwd()  # libraries end the process, without a word of ours, where there is none
    except OSError as error:
        return _say(f"the working directory cannot be used ({error.strerror}); cd to another", 2)
    try:
        code = app(words, prog_name="qfusion", standalone_mode=False) or 0
        # typer turns KeyboardInterrupt into this code, without a word
        return _say("interrupted", code) if code == Interrupted.exit_code else code
    except typer.Abort:
        return _say("aborted", 1)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "qfusion"
        what = error.format_message().replace("\n", " ").strip().rstrip(".")
        return _say(f"{what or 'a word is missing'}; see {command} --help", error.exit_code)
    except QfusionError as error:
        _reraise_if_asked()
        return _say(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _say("interrupted", Interrupted.exit_code)
    except BaseException as error:  # a plugin may raise anything, SystemExit included
        if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
            return 1  # whoever reads has what he wanted, as `head` does
        _reraise_if_asked()
        if _of_a_stream(error):
            return _say(_stream_failure(error), 1)
        return _say(
            f"unexpected {type(error).__name__}: {one_line(error, 300)}{_raised_in(error)}; "
            f"for the full traceback: qfusion --traceback {' '.join(words[:1])} ...",
            1,
        )


def _reraise_if_asked() -> None:
    if os.environ.get(TRACEBACK, "0") not in ("", "0"):
        raise


def _raised_in(error: BaseException) -> str:
    """Names the plugin of somebody else's that an exception comes out of."""
    from qfusion_core.plugin.discovery import raised_in

    with suppress(Exception):
        plugin = raised_in(error)
        return "" if plugin is None else f"; raised in plugin {plugin}"
    return ""


def _say(what: str, exit_code: int) -> int:
    with suppress(OSError):
        say(f"error: {one_line(what, LIMIT)}", err=True)
    return exit_code


@contextmanager
def _notes() -> Iterator[None]:
    """Notes become lines on standard error, each once."""
    logger, handler = logging.getLogger(LOGGER), _Notes()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Notes(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if line not in self._said:
            self._said.add(line)
            say(f"note: {line}", err=True)


def _own_the_streams() -> None:
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


def _flushed(code: int) -> int:
    """The exit code, or 1 where the last of the output could not be written."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):  # what is left in it would be tried again at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return code or _say(_stream_failure(error), 1)
    return code


def _of_a_stream(error: BaseException) -> bool:
    known = (errno.EPIPE, errno.ENOSPC, errno.EIO)
    return isinstance(error, OSError) and error.filename is None and error.errno in known


def _stream_failure(error: BaseException) -> str:
    return f"cannot write the output: {getattr(error, 'strerror', None) or one_line(error, 100)}"
