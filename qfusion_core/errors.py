"""What qfusion raises. One line each: where, what was expected, what was found, what to do next."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from qfusion_core.printable import one_line, shown_path

_LISTED = 100  # characters of names that are known: those of a file are anybody's


class QfusionError(Exception):
    """Something failed that the caller could not have prevented. The command line exits with 1."""

    exit_code = 1


class InputError(QfusionError):
    """The caller asked for something that cannot be: a name, an option, a file. Exits with 2."""

    exit_code = 2


class CredentialsMissing(InputError):
    """An account is needed, and no credentials were found. Some plans can be made without."""


class NotTrusted(CredentialsMissing):
    """A file that was only found in the working directory gives none, and opens no machine."""


class Interrupted(QfusionError):
    """The user stopped it, and can go on. Exits with 130."""

    exit_code = 130


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """End of an error message: the nearest known name if one is near, then what fits of all.

    >>> did_you_mean("wime", ["wine", "covertype"])
    "did you mean 'wine'? known: covertype, wine"
    >>> did_you_mean("x", ["wine"])
    'known: wine'
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1) or [
        each for each in names if each.casefold() == name.casefold()
    ]
    shown = [one_line(each, 40) for each in names]
    while len(", ".join(shown)) > _LISTED:
        shown.pop()
    more = [f"{len(names) - len(shown)} more"] if len(shown) < len(names) else []
    listing = "known: " + (", ".join([*shown, *more]) or "none")
    return f"did you mean {one_line(repr(near[0]), 60)}? {listing}" if near else listing


def in_words(error: Exception, limit: int = 80) -> str:
    """What a library raised of an input, without the names that Python has for it.

    Args:
        error: That was raised.
        limit: Of characters.

    >>> in_words(KeyError("notes")), in_words(ValueError("a header of 0 bytes"))
    ("no 'notes' in it", 'a header of 0 bytes')
    """
    said = one_line(error, limit)
    match error:
        case json.JSONDecodeError():
            return f"no JSON: line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f"no UTF-8 text: byte {error.start}"
        case RecursionError():
            return "nested too deeply"
        case KeyError():
            return f"no {said} in it"
        case AttributeError() | IndexError() | TypeError():
            return one_line(f"other values than expected: {error}", limit).removesuffix(":")
    return said or "it cannot be read"


@contextmanager
def translated(into: Callable[[Exception], QfusionError]) -> Iterator[None]:
    """Whatever a library raises of an input that nobody foresaw becomes one of ours.

    It can be anything: `KeyError`, `RecursionError`, an exception of its own. Only what has its
    words already (`QfusionError`), `MemoryError` and what ends the process pass as they are.
    """
    try:
        yield
    except (QfusionError, MemoryError):
        raise
    except Exception as error:
        raise into(error) from None


def damaged(
    path: str | Path, what: str = "damaged or not written by qfusion", advice: str = ""
) -> AbstractContextManager[None]:
    """Whatever reading a file raises becomes one line with its path, and exit code 2.

    Args:
        path: Of the file.
        what: Is said of it.
        advice: What to do, a clause.

    Raises:
        InputError: Something was raised inside (see `translated`).
    """

    def into(error: Exception) -> InputError:
        then = f"; {advice}" if advice else ""
        return InputError(f"{shown_path(path)}: {what} ({in_words(error)}){then}")

    return translated(into)
