"""What is wrong with columns of a table, in one line that says what to do."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from qfusion_core.errors import InputError
from qfusion_core.printable import printable, shortened, shown_path

_LONGEST = 300  # of an error, whatever the names and cells of a file
_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"}


class Flaw(NamedTuple):
    """What is wrong with a column.

    Attributes:
        text: In a few words.
        remedy: What can be done but to train without it.
    """

    text: str
    remedy: str = "write numbers there, remove these rows"


def refuse_flaws(flaws: Mapping[str, Flaw], path: str | Path) -> None:
    """Refuse a table with columns that cannot be used.

    Args:
        flaws: What is wrong, by the name of the column.
        path: Of the table.

    Raises:
        InputError: Names the first of them.
    """
    if not flaws:
        return
    first = next(iter(flaws))
    more = f" ({len(flaws) - 1} more such columns)" if len(flaws) > 1 else ""
    text, remedy = flaws[first]
    problem = (
        f"{shown_path(path)}: column {column_in_words(first)}: {text}{more}; "
        f"{f'{remedy}, or ' if remedy else ''}train without"
    )
    without = f": --set {drop_setting(list(flaws))}"
    fits = len(problem + without) <= _LONGEST
    raise InputError(problem + without if fits else shortened(problem, _LONGEST))


def column_in_words(name: str) -> str:
    """A column's name in an error."""
    return repr(shortened(str(name), 60))


def quoted_list(
    names: Iterable[str], separator: str = ", ", most: int = 20, limit: int = 120
) -> str:
    """Names for the text of an error: the first ones, and how many there are."""
    names = [shortened(printable(name), 40) for name in names]
    count = min(most, len(names))
    while count > 1 and len(separator.join(names[:count])) > limit:
        count -= 1
    text = separator.join(names[:count]) or "none"
    return text if count == len(names) else f"{text}{separator}... ({len(names)} in all)"


def drop_setting(names: Sequence[str]) -> str:
    """What leaves columns out of a training, as a shell takes it; a list where YAML needs one."""
    plain = all(
        re.fullmatch(r"[^\W\d]\w*", name) and name.lower() not in _YAML_WORDS for name in names
    )
    if sum(map(len, names)) > 80:  # too long for a line: the user sees which they are
        return "data.options.drop=[...]"
    listed = ",".join(names) if plain else json.dumps(list(names))
    return shlex.quote(f"data.options.drop={listed}")
