"""Runs a verb and turns whatever it raises into one line and an exit code.

0: done. 1: it failed. 2: the request was wrong. 3: the budget does not allow it. 130: interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from qfusion_core.cli.app import TRACEBACK, app
from qfusion_core.errors import Interrupted, QfusionError


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the ``qfusion`` command; always ends in ``SystemExit``.

    Args:
        arguments: The words after ``qfusion``; those of the process for None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_run(words or ["--help"]))


def _run(words: list[str]) -> int:
    try:
        code = app(words, prog_name="qfusion", standalone_mode=False) or 0
        # typer turns KeyboardInterrupt into this code, without a word
        return _say("interrupted", code) if code == Interrupted.exit_code else code
    except typer.Abort:
        return _say("aborted", 1)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "qfusion"
        what = error.format_message().replace("\n", " ").rstrip(".")
        return _say(f"{what}; see {command} --help", error.exit_code)
    except QfusionError as error:
        _reraise_if_asked()
        return _say(str(error), error.exit_code)
    except Exception as error:
        _reraise_if_asked()
        said = " ".join(str(error).split())
        return _say(
            f"unexpected {type(error).__name__}: {said[:300]}; "
            f"for the full traceback: qfusion --traceback {' '.join(words[:1])} ...",
            1,
        )


def _reraise_if_asked() -> None:
    if os.environ.get(TRACEBACK, "0") not in ("", "0"):
        raise


def _say(what: str, exit_code: int) -> int:
    typer.echo(f"error: {what}", err=True)
    return exit_code
