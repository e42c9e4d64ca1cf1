"""The cells of a column of a table: numbers, or texts, or what is wrong with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qfusion_core.data.flaws import Flaw
from qfusion_core.data.formats.marks import LEADING_ZERO, Marks, hint, numbers
from qfusion_core.printable import one_line

if TYPE_CHECKING:
    import pandas as pd

# what stands for "no value" in rasters and climate files: 9.97e36 in NetCDF, -3.4e38 of GDAL
FILL = 9.9e36
# what stands for "no value" among numbers; among texts each of them is a text like any other
_NO_NUMBER = frozenset("na n/a nan null none ? - -- . #n/a".split())
_DATE = re.compile(
    r"([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}([0-9]{2})?)"
    r"([T ][0-9]{1,2}:[0-9]{2}.*)?"
)
_DATE_REMEDY = "make numbers of them, such as days since the first"
_MOSTLY = 0.5  # of the cells are numbers: a text among them is a slip, and no level
_SLIP = "write numbers there, remove these rows, name it in data.options.categorical"


class Cells(NamedTuple):
    """A column.

    Attributes:
        values: Numbers ``[rows]``, NaN where there is none; None where it holds texts.
        texts: Texts without surrounding blanks, an empty one where there is none; None where it
            holds numbers.
        flaw: Why it cannot be used, and what to do; None where it can.
    """

    values: NDArray[Any] | None
    texts: pd.Series | None
    flaw: Flaw | None = None


def read_cells(
    column: pd.Series, marks: Marks, *, category: bool | None = None, gaps: bool = True
) -> Cells:
    """Look at a column.

    Args:
        column: Of a table.
        marks: Of its numbers.
        category: Whether its values are names, also where they are numbers, as those of a column
            with a categorical type are; False: they must be numbers; None: as the cells say.
        gaps: Whether ``NA`` and the like are no value where the others are numbers.
    """
    import pandas as pd
    from pandas.api import types

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
        category = category is not False
    if types.is_complex_dtype(column):
        return _flawed("complex numbers", "write real and imaginary part as two columns")
    if types.is_datetime64_any_dtype(column):
        return _flawed("dates", _DATE_REMEDY)
    if types.is_bool_dtype(column) and category is not False:
        return Cells(None, _as_texts(column))
    plain = types.is_numeric_dtype(column) or types.is_bool_dtype(column)
    if not (plain or types.is_string_dtype(column) or types.is_object_dtype(column)):
        return _flawed(f"{one_line(column.dtype, 40)}, expected numbers or text")
    if category:
        return Cells(None, _as_texts(column))
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        return _numbers(column.to_numpy())
    return _read(column, marks, numbers_only=category is False, gaps=gaps)


def _read(column: pd.Series, marks: Marks, *, numbers_only: bool, gaps: bool) -> Cells:
    """Of cells that may be anything."""
    texts = _as_texts(column)
    missing = (texts == "").to_numpy(dtype=bool)
    words = texts.str.lower().isin(_NO_NUMBER).to_numpy(dtype=bool)
    no_number = missing | words if gaps else missing
    cells = column.map(lambda cell: cell.strip() if isinstance(cell, str) else cell)
    values = numbers(cells, marks).to_numpy(dtype=np.float64, na_value=np.nan)
    text = np.isnan(values) & ~no_number
    names = bool(texts.str.fullmatch(LEADING_ZERO).any())  # no numbers: postal codes, for one
    if not text.any() and (numbers_only or not names):
        return _numbers(values)
    if texts[~missing].str.fullmatch(_DATE).all() and not numbers_only:
        return _flawed(f"dates ({str(texts[~missing].iloc[0])[:40]!r})", _DATE_REMEDY)
    share = 1 - text.sum() / max(1, (~no_number).sum())
    samples = [str(cell)[:40] for cell in texts[text].unique()]
    marked = next((sample for sample in samples if hint(sample)), None)
    if text.any() and (numbers_only or share >= _MOSTLY or marked):
        sample = samples[0] if numbers_only or marked is None else marked
        flaw = f"text in {rows_in_words(text)}: {sample!r}{hint(sample)}"
        return _flawed(flaw) if numbers_only else _flawed(flaw, _SLIP)
    return Cells(None, texts)


def _numbers(values: NDArray[Any]) -> Cells:
    if values.dtype.kind == "f":
        unfit = ~(np.abs(values) < FILL) & ~np.isnan(values)
        if unfit.any():
            sample = f"{float(values[unfit][0]):g}"
            flaw = f"infinite, or a fill value ({sample}), in {rows_in_words(unfit)}"
            return Cells(values, None, Flaw(flaw))
    return Cells(values, None)


def _as_texts(column: pd.Series) -> pd.Series:
    """As they are written; whole numbers without a point."""
    import pandas as pd

    missing = column.isna()
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    if kind == "f" and bool((column[~missing] % 1 == 0).all()):
        column = column.astype("Int64")
    texts = column.astype(object).map(_text)
    return pd.Series(texts.where(~missing, ""), dtype=object).str.strip()


def _text(cell: object) -> str:
    return cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)


def _flawed(*flaw: str) -> Cells:
    return Cells(None, None, Flaw(*flaw))


def rows_in_words(bad: NDArray[np.bool_]) -> str:
    """Which rows: how many, and the first of them."""
    return f"{int(bad.sum())} of {len(bad)} rows, the first is data row {int(bad.argmax()) + 1}"
