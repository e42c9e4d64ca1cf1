"""Columns of a user's table as finite numbers, or a line that says which is not, and where."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core.data.formats.marks import Marks, hint, numbers
from qfusion_core.data.formats.narrow import fits_float32
from qfusion_core.errors import InputError
from qfusion_core.printable import one_line, printable, shortened, shown_path

if TYPE_CHECKING:
    import pandas as pd

# what stands for "no value" in rasters and climate files: 9.97e36 in NetCDF, -3.4e38 of GDAL
FILL = 9.9e36
_LONGEST = 300  # of an error, whatever the names and cells of a file
_YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"}


def select_features(
    frame: pd.DataFrame, feature_names: Sequence[str], path: str | Path, *, narrow: bool = False
) -> NDArray[np.floating[Any]]:
    """Columns of a table as a matrix, with all their digits. Booleans become 0 and 1.

    Args:
        frame: What `read_table` gave.
        feature_names: The columns to take, in this order; others are ignored.
        path: For the text of errors.
        narrow: In float32 if that holds every number exactly, else, as without it, in float64.

    Returns:
        ``[rows, features]``, all finite.

    Raises:
        InputError: A column is missing, or holds text, dates, missing, infinite or fill values:
            names the column, the number of rows, the first of them, and what to do.
    """
    where = shown_path(path)
    # names of a run are as its training read them, which once left blanks at their ends
    taken = [name if name in frame.columns else name.strip() for name in feature_names]
    absent = [name for name in taken if name not in frame.columns]
    if absent:
        raise InputError(
            f"{where}: expected a column {_name(absent[0])}"
            + (
                f" and {len(absent) - 1} more: {quoted_list(absent[1:], limit=50)}"
                if absent[1:]
                else ""
            )
            + f"; got the columns: {quoted_list(frame.columns, limit=60)}"
        )
    columns, flaws = [], {}
    for name in taken:
        column, flaw = _numbers(frame[name], frame.attrs.get("marks", Marks()))
        columns.append(column)
        if flaw:
            flaws[name] = flaw
    if flaws:
        first = next(iter(flaws))
        more = f" ({len(flaws) - 1} more such columns)" if len(flaws) > 1 else ""
        problem = (
            f"{where}: column {_name(first)}: {flaws[first]}{more}; write numbers there, remove "
            "these rows, or train without"
        )
        without = f": --set {drop_setting(list(flaws))}"
        fits = len(problem + without) <= _LONGEST
        raise InputError(problem + without if fits else shortened(problem, _LONGEST))
    short = narrow and all(fits_float32(column) for column in columns)
    table = np.empty((len(frame), len(columns)), dtype=np.float32 if short else np.float64)
    for j, column in enumerate(columns):
        table[:, j] = column
    return table


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


def _name(name: str) -> str:
    return repr(shortened(str(name), 60))


def _numbers(column: pd.Series, marks: Marks) -> tuple[NDArray[Any], str | None]:
    """The column as numbers, and what is wrong with it (None if nothing is)."""
    import pandas as pd
    from pandas.api import types

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    nothing = np.zeros(len(column))
    plain = types.is_numeric_dtype(column) or types.is_bool_dtype(column)
    if types.is_complex_dtype(column):
        return nothing, "complex numbers; write real and imaginary part as two columns"
    if not (plain or types.is_string_dtype(column) or types.is_object_dtype(column)):
        return nothing, f"{one_line(column.dtype, 40)}, expected numbers"
    missing = column.isna().to_numpy(dtype=bool)
    if missing.any():
        return nothing, f"no value in {_rows(missing)}"
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        values = column.to_numpy()
    else:
        texts = column.map(lambda cell: cell.strip() if isinstance(cell, str) else cell)
        values = numbers(texts, marks).to_numpy(dtype=np.float64, na_value=np.nan)
        text = np.isnan(values)
        if text.any():
            sample = str(column[text].iloc[0])[:40]
            return nothing, f"text in {_rows(text)}: {sample!r}{hint(sample)}"
    if values.dtype.kind == "f":
        unfit = ~(np.abs(values) < FILL)
        if unfit.any():
            sample = f"{float(values[unfit][0]):g}"
            return nothing, f"infinite, or a fill value ({sample}), in {_rows(unfit)}"
    return values, None


def _rows(bad: NDArray[np.bool_]) -> str:
    return f"{int(bad.sum())} of {len(bad)} rows, the first is data row {int(bad.argmax()) + 1}"
