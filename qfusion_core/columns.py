"""Columns of a user's table as finite numbers, or a line that says which is not, and where."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qfusion_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def features(
    frame: pd.DataFrame, feature_names: Sequence[str], path: str | Path
) -> NDArray[np.float32]:
    """Columns of a table as a matrix. Booleans become 0 and 1.

    Args:
        frame: What `read_table` gave.
        feature_names: The columns to take, in this order; others are ignored.
        path: For the text of errors.

    Returns:
        ``[rows, features]``, all finite.

    Raises:
        InputError: A column is missing, or holds text, dates, missing or infinite values: names
            the column, the number of rows, the first of them, and what to do.
    """
    absent = [name for name in feature_names if name not in frame.columns]
    if absent:
        raise InputError(
            f"{path}: expected a column {absent[0]!r}"
            + (f" and {len(absent) - 1} more: {listing(absent[1:])}" if absent[1:] else "")
            + f"; got the columns: {listing(frame.columns)}"
        )
    table = np.empty((len(frame), len(feature_names)), dtype=np.float32)
    flaws = {}
    for j, name in enumerate(feature_names):
        table[:, j], flaw = _numbers(frame[name])
        if flaw:
            flaws[name] = flaw
    if flaws:
        first = next(iter(flaws))
        more = f" ({len(flaws) - 1} more such columns)" if len(flaws) > 1 else ""
        raise InputError(
            f"{path}: column {first!r}: {flaws[first]}{more}; write numbers there, remove these "
            f"rows, or train without: --set {_drop(list(flaws))}"
        )
    return table


def listing(names: Iterable[str], separator: str = ", ", most: int = 20) -> str:
    """Names for the text of an error: the first twenty, and how many there are."""
    names = [str(name) for name in names]
    shown = separator.join(names[:most]) or "none"
    return shown if len(names) <= most else f"{shown}{separator}... ({len(names)} in all)"


def single(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """In float32. What does not fit becomes infinite, and is refused as such."""
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float32)


def _numbers(column: pd.Series) -> tuple[NDArray[np.float32], str | None]:
    """The column as numbers, and what is wrong with it (None if nothing is)."""
    import pandas as pd
    from pandas.api import types

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    nothing = np.full(len(column), np.nan, dtype=np.float32)
    plain = types.is_numeric_dtype(column) or types.is_bool_dtype(column)
    if types.is_complex_dtype(column):
        return nothing, "complex numbers; write real and imaginary part as two columns"
    if not (plain or types.is_string_dtype(column) or types.is_object_dtype(column)):
        return nothing, f"{column.dtype}, expected numbers"
    missing = column.isna().to_numpy(dtype=bool)
    if missing.any():
        return nothing, f"no value in {_rows(missing)}"
    numbers = pd.to_numeric(column, errors="coerce")
    values = single(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
    text = np.isnan(values)
    if text.any():
        sample = str(column[text].iloc[0])[:40]
        return nothing, f"text in {_rows(text)}: {sample!r}"
    infinite = np.isinf(values)
    if infinite.any():
        return nothing, f"infinite, or beyond float32, in {_rows(infinite)}"
    return values, None


def _drop(names: list[str]) -> str:
    """What leaves columns out of a training, as a shell takes it; a list where YAML needs one."""
    plain = all(re.fullmatch(r"[^\W\d]\w*", name) for name in names)
    return shlex.quote(f"data.options.drop={listing(names, ',') if plain else json.dumps(names)}")


def _rows(bad: NDArray[np.bool_]) -> str:
    return f"{int(bad.sum())} of {len(bad)} rows, the first is data row {int(bad.argmax()) + 1}"
