"""Text that others chose, made fit for a terminal, a log and one line of an error."""

from __future__ import annotations

import re
from pathlib import Path

# what moves the cursor, changes colours or titles (C0, DEL, C1), ends a line (U+2028, U+2029), or
# turns the direction of what follows (bidi controls); and halves of surrogate pairs, which no
# stream can encode
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: object, *, keep: str = "") -> str:
    r"""A text in which no character acts on a terminal: control characters become escapes.

    Args:
        text: What is shown; anything else than text as its `str`.
        keep: Control characters that may stay, such as a new line of a table.

    >>> printable("a\x1b]0;owned\x07")
    'a\\x1b]0;owned\\x07'
    >>> printable("one\ntwo", keep="\n")
    'one\ntwo'
    """
    return _UNSAFE.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), str(text))


def one_line(text: object, limit: int | None = None) -> str:
    """A text on one line, safe to print, cut in the middle where it is longer than a limit.

    >>> one_line("first\\nsecond")
    'first second'
    >>> one_line("a" * 50, 21)
    'aaaaaaaa ... aaaaaaaa'
    """
    line = printable(" ".join(str(text).split()))
    return line if limit is None else shortened(line, limit)


def shortened(text: str, limit: int) -> str:
    """A text of at most so many characters: the middle is left out, both ends are kept."""
    if len(text) <= limit:
        return text
    kept = max(2, limit - len(" ... "))
    return f"{text[: kept - kept // 2]} ... {text[len(text) - kept // 2 :]}"


def shown_path(path: str | Path, limit: int = 120) -> str:
    """A path as an error names it: one line, safe to print, shortened in the middle."""
    return shortened(printable(path), limit)


def shown_value(value: object) -> str:
    """What was given for an argument, as an error shows it: a plain value, or of which type it is.

    >>> shown_value("five"), shown_value(["five"])
    ("'five'", 'a list')
    """
    plain = value is None or isinstance(value, str | int | float)
    return one_line(repr(value), 60) if plain else f"a {type(value).__name__}"


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
