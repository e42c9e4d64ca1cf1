"""Runs a verb and turns whatever it raises into one line and an exit code.

0: done. 1: it failed. 2: the request was wrong. 3: the budget does not allow it. 130: interrupted.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import typer

from qfusion_core.cli.app import TRACEBACK, app
from qfusion_core.cli.logged_lines import logged_lines
from qfusion_core.cli.streams import (
    flushed,
    is_of_a_stream,
    own_the_streams,
    say_error,
    stream_failure,
)
from qfusion_core.errors import Interrupted, QfusionError
from qfusion_core.printable import one_line


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the ``qfusion`` command; always ends in ``SystemExit``.

    Args:
        arguments: The words after ``qfusion``; those of the process for None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is None:
        own_the_streams()
    with logged_lines():
        code = _run(words or ["--help"])
    code = flushed(code)
    if arguments is None:
        gc.freeze()  # the process ends: nothing is searched for cycles, which takes seconds
    sys.exit(code)


def _run(words: list[str]) -> int:
    if why := _in_the_way(words):
        return say_error(why, 2)
    try:
        code = app(words, prog_name="qfusion", standalone_mode=False) or 0
        # typer turns KeyboardInterrupt into this code, without a word
        return say_error("interrupted", code) if code == Interrupted.exit_code else code
    except typer.Abort:
        return say_error("aborted", 1)
    except typer.TyperException as error:
        return say_error(_misunderstood(error), error.exit_code)
    except QfusionError as error:
        _reraise_if_asked()
        return say_error(str(error), error.exit_code)
    except KeyboardInterrupt:
        return say_error("interrupted", Interrupted.exit_code)
    except BaseException as error:  # a plugin may raise anything, SystemExit included
        if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
            return 1  # whoever reads has what he wanted, as `head` does
        _reraise_if_asked()
        if is_of_a_stream(error):
            return say_error(stream_failure(error), 1)
        return say_error(
            f"unexpected {type(error).__name__}: {one_line(error, 300)}{_raised_in(error)}; "
            f"for the full traceback: qfusion --traceback {' '.join(words[:1])} ...",
            1,
        )


def _in_the_way(words: list[str]) -> str | None:
    """Why no verb can be run at all."""
    try:
        Path.cwd()  # libraries end the process, without a word of ours, where there is none
    except OSError as error:
        return f"the working directory cannot be used ({error.strerror}); cd to another"
    if "" in words:
        return f"word {words.index('') + 1} is empty: is a variable of the shell not set?"
    return None


def _misunderstood(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "qfusion"
    what = error.format_message().replace("\n", " ").strip().rstrip(".")
    return f"{what or 'a word is missing'}; see {command} --help"


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
