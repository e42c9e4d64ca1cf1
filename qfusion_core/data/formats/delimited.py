"""CSV and TSV: read in pieces, so that only what is kept takes memory; labels as they are written.

Columns of numbers are kept in the narrowest type that holds them exactly; columns that are asked
for as text, and those that are not all numbers, as they are written. Only an empty cell is missing.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core.data.formats.header import TableHeader, read_head, too_long
from qfusion_core.data.formats.marks import LEADING_ZERO, Marks, find_decimal, numbers, ungrouped
from qfusion_core.data.formats.narrow import narrowest
from qfusion_core.data.formats.sound_text import SoundText
from qfusion_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 50_000
_FIRST_ROWS = 1_000  # are mostly enough to see how numbers are written
_OVERLAP = 8  # bytes of the block before
_MARK = re.compile(rb"[.,]")
_ZERO_FIRST = re.compile(rb"(?:^|[,;\t\"\s])[-+]?0[0-9]")
_TOO_LONG = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")


def read_delimited(
    file: IO[bytes],
    where: str,
    *,
    tabs: bool,
    as_text: Callable[[str], bool],
    marks: Marks,
    usual: str | None = None,
) -> tuple[pd.DataFrame, Marks]:
    """A table, and the marks that its numbers have.

    Args:
        file: At its beginning.
        where: Names it in errors.
        tabs: Whether tabs separate the fields.
        as_text: Whether the column of this name is kept as it is written.
        marks: As the user gave them; what is None there is found out.
        usual: Decimal mark of files like this one, for what the file itself leaves open.

    Raises:
        InputError: The lines do not fit their header, or numbers can be read in two ways.
    """
    import pandas as pd

    text = SoundText(file, where)
    head = read_head(text, where, tabs=tabs)
    require_unique(head.names, where)
    texts = [name for name in head.names if as_text(name)]
    texts += _with_leading_zeros(text, where, head, texts, marks)
    decimal_given = marks.decimal is not None
    if not decimal_given:
        marks = marks._replace(decimal=_decimal(text, where, head, texts, marks, usual))
    if marks.thousands and marks.thousands == marks.decimal:
        raise InputError(f"{where}: thousands and decimal mark are both {marks.thousands!r}")
    pieces: dict[str, list[pd.Series]] = {name: [] for name in head.names}
    for piece in _pieces(text, where, head, list(head.names) if marks.thousands else texts, marks):
        for name in head.names:
            column = piece[name]
            if marks.thousands and name not in texts:
                values = numbers(column, marks)
                column = values if bool((values.isna() == column.isna()).all()) else column
            if column.dtype.kind in "iuf":
                column = pd.Series(narrowest(column.to_numpy()))
            pieces[name].append(column)
    columns = {name: _joined(pieces.pop(name)) for name in head.names}
    if head.separator == "," and not decimal_given:
        marks = marks._replace(decimal=None)  # it says nothing of files that other fields separate
    return pd.DataFrame(columns, columns=list(head.names), copy=False), marks


def require_unique(names: tuple[str, ...], where: str) -> None:
    """Refuse a table in which a column cannot be named.

    Raises:
        InputError: Names the column that stands twice.
    """
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InputError(f"{where}: column name {twice[:40]!r} occurs twice; rename one of the two")


def _with_leading_zeros(
    file: SoundText, where: str, head: TableHeader, texts: list[str], marks: Marks
) -> list[str]:
    """Columns in which 01234 stands: a name, such as a postal code, of which no digit is lost."""
    if not _any_block(file, _ZERO_FIRST):
        return []
    found: set[str] = set()
    for piece in _pieces(file, where, head, list(head.names), marks):
        found |= {
            name
            for name in head.names
            if name not in found
            and name not in texts
            and bool(piece[name].str.fullmatch(LEADING_ZERO).any())
        }
    return [name for name in head.names if name in found]


def _decimal(
    file: SoundText,
    where: str,
    head: TableHeader,
    texts: list[str],
    marks: Marks,
    usual: str | None,
) -> str | None:
    if marks.thousands in (".", ","):
        return ",."[marks.thousands == ","]
    if head.separator == ",":
        return "."
    if usual == ",":
        return usual  # a point would be in a date, or between thousands

    def cells(piece: pd.DataFrame) -> Iterator[tuple[int, str, str]]:
        for name in head.names:
            if name not in texts:
                for row, cell in zip(piece.index, piece[name].fillna(""), strict=True):
                    yield row + 1, name, ungrouped(cell, marks)

    if not _any_block(file, _MARK):
        return None
    pieces = _pieces(file, where, head, list(head.names), marks, first=_FIRST_ROWS)
    return find_decimal(map(cells, pieces), where, usual)


def _any_block(file: SoundText, pattern: re.Pattern[bytes]) -> bool:
    """Whether a pattern of a few bytes occurs in a file."""
    file.seek(0)
    tail = b""
    try:
        for block in iter(lambda: file.read(1 << 20), b""):
            if pattern.search(tail + block):
                return True
            tail = block[-_OVERLAP:]
        return False
    finally:
        file.seek(0)


def _pieces(
    file: SoundText,
    where: str,
    head: TableHeader,
    texts: list[str],
    marks: Marks,
    *,
    first: int = _ROWS,
) -> Iterator[pd.DataFrame]:
    """Some rows at a time, the columns ``texts`` as they are written."""
    import pandas as pd

    file.seek(0)
    with warnings.catch_warnings():
        # rows longer than the header would lose their last fields with no more than a warning
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            with pd.read_csv(
                file,
                sep=head.separator,
                skiprows=head.skip,
                header=0,
                names=list(head.names),
                dtype=dict.fromkeys(texts, str),
                decimal=marks.decimal or ".",
                index_col=False,
                low_memory=False,
                skipinitialspace=True,
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                iterator=True,
            ) as reader:
                size = first
                while True:
                    file.hand_over(size)
                    try:
                        yield reader.get_chunk(size)
                    except StopIteration:
                        return
                    size = _ROWS
        except pd.errors.ParserError as error:
            if match := _TOO_LONG.search(str(error)):
                names, line, fields = map(int, match.groups())
                raise too_long(where, head.skip + 1, names, line, fields) from None
            raise


def _joined(pieces: list[pd.Series]) -> pd.Series | NDArray[Any]:
    """One column of its pieces; where they differ in kind, all are as they are written."""
    import pandas as pd

    if not pieces:
        return pd.Series([], dtype=object)
    if len(pieces) == 1:
        return pieces[0].reset_index(drop=True)
    kinds = {piece.dtype.kind for piece in pieces}
    if kinds <= set("iuf"):
        arrays = [piece.to_numpy() for piece in pieces]
        if "u" in kinds and min(array.min() for array in arrays) >= 0:
            arrays = [a.astype(np.uint64) if a.dtype.kind == "i" else a for a in arrays]
        return np.concatenate(arrays)
    if len({piece.dtype for piece in pieces}) > 1:
        pieces = [
            piece if piece.dtype.kind not in "iufb" else piece.astype(object).map(str, "ignore")
            for piece in pieces
        ]
    return pd.concat(pieces, ignore_index=True)
