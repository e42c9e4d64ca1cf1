"""The first lines of a CSV or TSV: what separates its fields, and the names of its columns."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from qfusion_core.errors import InputError

_SEPARATORS = ",;\t"
_EXCEL = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # what Excel writes above the names
_NUMBER = re.compile(r"\s*[-+]?[\d.,]*\d[\d.,]*(e[-+]?\d+)?\s*", re.IGNORECASE)
_LOOKED_AT = 20
Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Head:
    """What the first lines say.

    Attributes:
        separator: Between fields.
        names: Of the columns, without surrounding blanks; ``Unnamed: 0`` where there is none.
        skip: Lines above the names: 1 for Excel's ``sep=;``.
    """

    separator: str
    names: tuple[str, ...]
    skip: int


def read_head(file: IO[bytes], where: str, *, tabs: bool) -> Head:
    """Look at the first lines of a file.

    Of comma, semicolon and tab that one separates by which all lines have as many fields as the
    first; where several do, the one that leaves more numbers.

    Args:
        file: At its beginning; is rewound.
        where: Names it in errors.
        tabs: Whether fields are separated by tabs whatever the lines look like.

    Raises:
        InputError: The lines have more fields than the first has names.
        UnicodeDecodeError, csv.Error: It is not text, or no CSV.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        first = text.readline(100).rstrip("\r\n")
        excel = _EXCEL.fullmatch(first)
        found = {
            separator: list(itertools.islice(_records(text, separator, excel), _LOOKED_AT))
            for separator in (excel[1] if excel else "\t" if tabs else _SEPARATORS)
        }
    finally:
        text.detach()
        file.seek(0)
    separator = _best(found)
    lines = found[separator]
    if not lines:
        raise InputError(f"{where}: no names of columns in it: it is empty")
    number, header = lines[0]
    for other, fields in lines[1:]:
        if len(fields) > len(header):
            raise too_long(where, number, len(header), other, len(fields))
    names = [name.strip() or f"Unnamed: {j}" for j, name in enumerate(header)]
    return Head(separator, tuple(names), 1 if excel else 0)


def too_long(where: str, first: int, names: int, line: int, fields: int) -> InputError:
    """A line that has more fields than there are names."""
    return InputError(
        f"{where}: line {first} has {_count(names, 'name')}, line {line} has "
        f"{_count(fields, 'field')}; the names of all columns must stand in the first line "
        "(R leaves one out for row names): remove titles and comments above them, quote a name "
        "that holds the separator"
    )


def _records(text: io.TextIOWrapper, separator: str, excel: object) -> Iterator[Record]:
    """Lines with something in them, by number, from the names on."""
    text.seek(0)
    reader = csv.reader(text, delimiter=separator, skipinitialspace=separator != "\t")
    for fields in reader:
        if "".join(fields).strip() and not (excel and reader.line_num == 1):
            yield reader.line_num, fields


def _best(found: dict[str, list[Record]]) -> str:
    def merit(separator: str) -> tuple[bool, float]:
        widths = [len(fields) for _, fields in found[separator]]
        even = bool(widths) and widths[0] > 1 and set(widths) == {widths[0]}
        return even, _numbers([cell for _, fields in found[separator][1:] for cell in fields])

    best = max(found, key=merit)  # of equals the first
    if merit(best)[0]:
        return best
    # none fits: the one of the first line, or of most lines: the one that does not fit is named
    widths = {separator: [len(fields) for _, fields in lines] for separator, lines in found.items()}
    return max(
        found,
        key=lambda each: (max(widths[each][:1], default=0) > 1, sum(map(_split, widths[each]))),
    )


def _split(width: int) -> bool:
    return width > 1


def _numbers(cells: Sequence[str]) -> float:
    return sum(_NUMBER.fullmatch(cell) is not None for cell in cells) / max(1, len(cells))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
