"""How a text file writes its numbers: with a decimal point or comma, with thousands marks or not.

``1.234`` is a little over one to some and over a thousand to others. In a file whose fields are
separated by commas a point is a decimal point. In others one number that can be read in one way
only (``0,5``, ``12.25``) decides for the file; without any, the user does.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from qfusion_core.errors import InputError
from qfusion_core.printable import one_line

if TYPE_CHECKING:
    import pandas as pd

_END = r"([eE][-+]?[0-9]+)?"
_MARKED = re.compile(rf"[-+]?[0-9]*[.,][0-9.,]*{_END}")
LEADING_ZERO = re.compile(r"\s*[-+]?0[0-9]+\s*")  # of a name, such as a postal code
_GROUPED = re.compile(r"[-+]?[1-9][0-9]{0,2}([.,])[0-9]{3}(?:\1[0-9]{3})*")


class Marks(NamedTuple):
    """Marks within numbers.

    Attributes:
        decimal: ``.`` or ``,``; None where no number of the file has one.
        thousands: What groups digits by three, or None.
    """

    decimal: str | None = None
    thousands: str | None = None


UNMARKED = Marks()


def proof(cell: str) -> str | None:
    """The mark that is a decimal one in a number that can be read in one way only.

    >>> proof("0,5"), proof("1.234,5"), proof("12.25"), proof("1.234.567")
    (',', ',', '.', ',')
    >>> proof("1.234"), proof("12.05.2021"), proof("500")
    (None, None, None)
    """
    cell = cell.strip()
    if not _MARKED.fullmatch(cell):
        return None
    marks: list[str] = re.findall("[.,]", cell)
    if grouped := _GROUPED.fullmatch(cell):
        return None if len(marks) == 1 else ",."[grouped[1] == ","]
    if len(marks) == 1:
        return marks[0]
    head, _, _ = cell.rpartition(marks[-1])
    last_is_alone = marks[-1] not in marks[:-1]
    return marks[-1] if last_is_alone and _GROUPED.fullmatch(head) else None


def find_decimal(
    pieces: Iterable[Iterable[tuple[int, str, str]]], where: str, usual: str | None = None
) -> str | None:
    """The decimal mark of a file, by the first piece with numbers that leave no choice.

    Where such numbers have both marks it is the comma: ``15.03`` beside ``0,5`` is a date.

    Args:
        pieces: Of the file: data row, column name and text of each cell.
        where: Names the file in errors.
        usual: The mark to take where each number can be read in two ways; None to refuse them.

    Raises:
        InputError: Numbers have marks, and each of them can be read in two ways.
    """
    doubtful = None
    for cells in pieces:
        decimal = None
        for row, name, cell in cells:
            mark = proof(cell) if "." in cell or "," in cell else None
            if mark == ",":
                return mark
            decimal = decimal or mark
            if doubtful is None and _GROUPED.fullmatch(cell.strip()):
                doubtful = row, name, cell.strip()
        if decimal:
            return decimal
    if doubtful and usual is None:
        row, name, cell = doubtful
        mark = re.findall("[.,]", cell)[0]
        raise InputError(
            f"{where}: column {one_line(name, 40)!r}, data row {row}: {cell!r} can be read in two "
            "ways, as can every number with a mark here; train with --set "
            f"data.options.decimal='{mark}' or data.options.thousands='{mark}', or write plain "
            "numbers"
        )
    return usual if doubtful else None


def ungrouped(cell: str, marks: Marks) -> str:
    """A number without its thousands marks, if they are known."""
    return _blanks(cell).replace(marks.thousands, "") if marks.thousands else cell


def _blanks(cell: str) -> str:
    # those that no line is broken at stand in French numbers
    return cell.replace("\u00a0", " ").replace("\u202f", " ").strip()


def hint(cell: str) -> str:
    """What a text may be that looks like a number with other marks; empty if it does not.

    >>> hint("red")
    ''
    >>> hint("1.234")
    ' (another mark? see the options decimal and thousands)'
    """
    if not _MARKED.fullmatch(cell.strip()):
        return ""
    return " (another mark? see the options decimal and thousands)"


def numbers(column: pd.Series, marks: Marks) -> pd.Series:
    """Texts as numbers, read with these marks alone; NaN where one is not written so."""

    decimal, thousands = marks.decimal or ".", marks.thousands or ""
    if decimal == "." and not thousands:
        return _parsed(column)
    group, mark = re.escape(thousands), re.escape(decimal)
    fits = re.compile(rf"[-+]?([0-9]{{1,3}}({group}[0-9]{{3}})*|[0-9]*)({mark}[0-9]*)?{_END}")

    def plain(cell: object) -> object:
        if not isinstance(cell, str):
            return cell
        if not fits.fullmatch(_blanks(cell)):
            return None
        return ungrouped(cell, marks).replace(decimal, ".")

    return _parsed(column.astype(object).map(plain))


def _parsed(column: pd.Series) -> pd.Series:
    """Numbers of texts; of whole numbers beyond float64 infinity, which is refused."""
    import pandas as pd

    def known(cell: object) -> object:
        return inf if isinstance(cell, int) and abs(cell) > sys.float_info.max else cell

    try:
        return pd.to_numeric(column, errors="coerce")
    except OverflowError:  # pandas coerces all but these
        return pd.to_numeric(column.map(known), errors="coerce")
