"""What qfusion raises. One line each: where, what was expected, what was found, what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class QfusionError(Exception):
    """Something failed that the caller could not have prevented. The command line exits with 1."""

    exit_code = 1


class InputError(QfusionError):
    """The caller asked for something that cannot be: a name, an option, a file. Exits with 2."""

    exit_code = 2


class CredentialsMissing(InputError):
    """An account is needed, and no credentials were found. Some plans can be made without."""


class Interrupted(QfusionError):
    """The user stopped it, and can go on. Exits with 130."""

    exit_code = 130


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """End of an error message: the nearest known name if one is near, then all of them.

    >>> did_you_mean("wime", ["wine", "covertype"])
    "did you mean 'wine'? known: covertype, wine"
    >>> did_you_mean("x", ["wine"])
    'known: wine'
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    listing = "known: " + (", ".join(names) if names else "none")
    return f"did you mean {near[0]!r}? {listing}" if near else listing
