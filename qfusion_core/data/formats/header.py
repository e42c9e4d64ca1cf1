"""The first lines of a CSV or TSV: what separates its fields, and the names of its columns."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qfusion_core.data.formats.sound_text import SoundText
from qfusion_core.errors import InputError

_SEPARATORS = ",;\t"
_EXCEL = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # what Excel writes above the names
_NUMBER = re.compile(r"\s*[-+]?[\d.,]*\d[\d.,]*(e[-+]?\d+)?\s*", re.IGNORECASE)
_LOOKED_AT = 20  # records
_CELLS = 100_000  # of them together: wide tables are seen for what they are by fewer
_LINES = 10_000  # blank ones among them
LONGEST_CELL = 131_072  # characters: what the module csv reads
MOST_COLUMNS = 100_000
Record = tuple[int, list[str]]


@dataclass(frozen=True)
class TableHeader:
    """What the first lines say.

    Attributes:
        separator: Between fields.
        names: Of the columns, without surrounding blanks; ``Unnamed: 0`` where there is none.
        skip: Lines above the names: 1 for Excel's ``sep=;``.
    """

    separator: str
    names: tuple[str, ...]
    skip: int


def read_head(file: SoundText, where: str, *, tabs: bool) -> TableHeader:
    """Look at the first lines of a file.

    Of comma, semicolon and tab that one separates by which all lines have as many fields as the
    first; where several do, the one that leaves more numbers.

    Args:
        file: At its beginning; is rewound.
        where: Names it in errors.
        tabs: Whether fields are separated by tabs whatever the lines look like.

    Raises:
        InputError: The lines have more fields than the first has names, a field is too long, or
            the columns are too many.
        UnicodeDecodeError, csv.Error: It is not text, or no CSV.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        first = text.readline(100).rstrip("\r\n")
        excel = _EXCEL.fullmatch(first)
        candidates = {
            separator: _looked_at(text, separator, excel)
            for separator in (excel[1] if excel else "\t" if tabs else _SEPARATORS)
        }
    finally:
        text.detach()
        file.seek(0)
    separator = _best({separator: lines for separator, (lines, _) in candidates.items()})
    lines, too_long_at = candidates[separator]
    if too_long_at is not None:
        raise InputError(
            f"{where}: line {too_long_at}: a cell of more than {LONGEST_CELL:,} characters, "
            "expected names or numbers; close the quotation mark before it, or leave that column "
            "out of the file"
        )
    if not lines:
        raise InputError(f"{where}: no names of columns in it: it is empty")
    number, header = lines[0]
    if len(header) > MOST_COLUMNS:
        raise InputError(
            f"{where}: line {number} has {len(header):,} columns, expected at most "
            f"{MOST_COLUMNS:,}; keep fewer of them"
        )
    for other, fields in lines[1:]:
        if len(fields) > len(header):
            raise too_long(where, number, len(header), other, len(fields))
    names = [name.strip() or f"Unnamed: {j}" for j, name in enumerate(header)]
    return TableHeader(separator, tuple(names), 1 if excel else 0)


def too_long(where: str, first: int, names: int, line: int, fields: int) -> InputError:
    """A line that has more fields than there are names."""
    return InputError(
        f"{where}: line {first} has {_count(names, 'name')}, line {line} has "
        f"{_count(fields, 'field')}; the names of all columns must stand in the first line "
        "(R leaves one out for row names): remove titles and comments above them, quote a name "
        "that holds the separator"
    )


def _looked_at(
    text: io.TextIOWrapper, separator: str, excel: object
) -> tuple[list[Record], int | None]:
    """The first records, and the line of a field that is too long, if one ends them.

    Where another separator is the right one, a whole line may be one field: no fault of the file.
    """
    records: list[Record] = []
    text.seek(0)
    reader = csv.reader(text, delimiter=separator, skipinitialspace=separator != "\t")
    cells = 0
    try:
        for record in itertools.islice(_records(reader, excel), _LOOKED_AT):
            records.append(record)
            cells += len(record[1])
            if cells > _CELLS:
                break
    except csv.Error as error:
        if "field limit" not in str(error):
            raise
        # it began below the last record: an open quotation mark takes many lines along
        return records, records[-1][0] + 1 if records else 1
    return records, None


def _records(reader: csv.Reader, excel: object) -> Iterator[Record]:
    """Lines with something in them, by number, from the names on."""
    for fields in reader:
        if "".join(fields).strip() and not (excel and reader.line_num == 1):
            yield reader.line_num, fields
        elif reader.line_num > _LINES:
            return


def _best(records: dict[str, list[Record]]) -> str:
    def merit(separator: str) -> tuple[bool, float]:
        widths = [len(fields) for _, fields in records[separator]]
        even = bool(widths) and widths[0] > 1 and set(widths) == {widths[0]}
        return even, _numbers([cell for _, fields in records[separator][1:] for cell in fields])

    best = max(records, key=merit)  # of equals the first
    if merit(best)[0]:
        return best
    # none fits: the one of the first line, or of most lines: the one that does not fit is named
    widths = {
        separator: [len(fields) for _, fields in lines] for separator, lines in records.items()
    }
    return max(
        records,
        key=lambda separator: (
            max(widths[separator][:1], default=0) > 1,
            sum(map(_split, widths[separator])),
        ),
    )


def _split(width: int) -> bool:
    return width > 1


def _numbers(cells: Sequence[str]) -> float:
    return sum(_NUMBER.fullmatch(cell) is not None for cell in cells) / max(1, len(cells))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
