"""What a scalar without quotes means: the core schema of YAML 1.2.2, and nothing of YAML 1.1.

``010`` is ten, ``0o17`` is octal; ``1:30``, ``1_000``, ``yes`` and ``2026-01-31`` are text.
"""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_PREFIX = "tag:yaml.org,2002:"
STR = f"{_PREFIX}str"
_LONGEST_NUMBER = 100  # more digits than a number can use: Python stops at 4300, JSON before

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{
        f"{sign}{word}": float(f"{sign}inf")
        for sign in ("", "+", "-")
        for word in (".inf", ".Inf", ".INF")
    },
}
_WHOLE = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_REAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def plain_value(text: str) -> Scalar:
    """The value of a scalar without quotes and tag.

    >>> plain_value("010"), plain_value("0o17"), plain_value("1e3"), plain_value("1:30")
    (10, 15, 1000.0, '1:30')
    >>> plain_value("yes"), plain_value("True"), plain_value("~")
    ('yes', True, None)
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    return float(text) if _REAL.fullmatch(text) else text


def tagged_value(tag: str, text: str) -> Scalar:
    """The value of a scalar with a tag of YAML's own (``!!int 5``).

    Raises:
        ValueError: The text is no such value, or there is no such tag for a scalar.
    """
    kind = tag.removeprefix(_PREFIX)
    if kind == "str":
        return text
    value = plain_value(text)
    if kind == "float" and type(value) in (int, float):
        return float(value)  # type: ignore[arg-type]
    types: dict[str, type] = {"int": int, "bool": bool, "null": type(None)}
    if type(value) is not types.get(kind):
        raise ValueError(kind)
    return value
