"""What is given for an argument in Python: refused by its name where it is of another kind.

The command line knows the kinds of its words; a function is given anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from qfusion_core.errors import InputError
from qfusion_core.printable import shown_value


def require_text(argument: str, value: Any, expected: str) -> None:
    """Refuse what is neither a text nor None.

    Args:
        argument: What errors call it.
        value: What was given.
        expected: In words, for errors.

    Raises:
        InputError: It is something else.
    """
    if value is not None and not isinstance(value, str):
        raise refused(argument, value, expected)


def listed(value: Any) -> tuple[Any, ...]:
    """What a list holds, or an iterator, once; a single one is as good, and None is nothing.

    A text is a single one, never its letters, and so is a mapping, of which the values were lost.

    >>> listed("lightning"), listed(name for name in ["a", "b"])
    (('lightning',), ('a', 'b'))
    """
    if value is None:
        return ()
    alone = isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable)
    return (value,) if alone else tuple(value)


def texts(argument: str, value: Any, expected: str) -> tuple[str, ...]:
    """Texts of a list, or a single one.

    Args:
        argument: What errors call it.
        value: What was given; None for none.
        expected: In words, for errors.

    Raises:
        InputError: One of them is no text.
    """
    found = listed(value)
    for each in found:
        if not isinstance(each, str):
            raise refused(argument, each, expected)
    return found


def require_switches(**arguments: Any) -> None:
    """Refuse what is neither True nor False: any text is as good as True to an ``if``.

    Args:
        arguments: By their names; truth values of NumPy are taken, too.

    Raises:
        InputError: Names the first that is none.
    """
    for argument, value in arguments.items():
        if type(value).__name__ not in ("bool", "bool_"):
            raise refused(argument, value, "True or False")


def require_backend(value: Any) -> None:
    """Refuse what is neither a backend's name nor an open device; None is the default.

    Raises:
        InputError: It is something else.
    """
    is_open = callable(getattr(value, "expectations", None))
    if not (is_open or value is None or isinstance(value, str)):
        raise refused("backend", value, "a name in backends.yaml, an open device, or None")


def called(argument: str, value: Callable[..., None] | None) -> Callable[..., None]:
    """A function to call; where None is given, one that tells nobody.

    Raises:
        InputError: It cannot be called.
    """
    if value is None:
        return _nobody
    if not callable(value):
        raise refused(argument, value, "a function, or None")
    return value


def refused(argument: str, value: Any, expected: str) -> InputError:
    """The error about a value of another kind."""
    return InputError(f"{argument}: expected {expected}; got {shown_value(value)}")


def _nobody(*what: object) -> None:
    """Nobody is told."""
