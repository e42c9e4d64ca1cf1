"""Commands that an error or a note suggests: what is pasted into a shell works there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from shlex import quote

from qfusion_core.printable import printable

Lacking = Callable[[Sequence[str]], Sequence[str]]

# of the running verb: what would have to hand it on are journals, surrogates and plugins' methods
_LACKING: ContextVar[Lacking | None] = ContextVar("lacking", default=None)


@contextmanager
def repeating(lacking: Lacking) -> Iterator[None]:
    """Inside, each command is completed.

    Args:
        lacking: Gives the words, of those that the user gave, which a command needs, too.
    """
    before = _LACKING.set(lacking)
    try:
        yield
    finally:
        _LACKING.reset(before)


def shell_command(*words: object) -> str:
    """A command of qfusion's, to be copied into a shell.

    Args:
        words: Behind ``qfusion``, not quoted.

    >>> shell_command("train", "--resume", "my run")
    "qfusion train --resume 'my run'"
    """
    said = [str(word) for word in words]
    lacking = _LACKING.get()
    return " ".join(["qfusion", *map(quoted, [*said, *(lacking(said) if lacking else ())])])


def quoted(word: object) -> str:
    """A word as a shell takes it, safe to print.

    >>> quoted("surrogate:fez"), quoted("my backend")
    ('surrogate:fez', "'my backend'")
    """
    # an error is one line, in which two blanks become one: none stands beside another
    return quote(printable(word)).replace("  ", " '\\ '")
