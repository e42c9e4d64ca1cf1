"""Columns of a user's table by their names: all of them numbers, or a line that says which not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core.data.cells import read_cells, rows_in_words
from qfusion_core.data.flaws import Flaw, column_in_words, quoted_list, refuse_flaws
from qfusion_core.data.formats.marks import UNMARKED
from qfusion_core.data.formats.narrow import fits_float32
from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path

if TYPE_CHECKING:
    import pandas as pd


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
    columns, flaws = [], {}
    marks = frame.attrs.get("marks", UNMARKED)
    for name in named(frame, feature_names, path):
        cells = read_cells(frame[name], marks, category=False, gaps=False)
        if flaw := cells.flaw or _no_value(cells.values):
            flaws[name] = flaw
        elif cells.values is not None:
            columns.append(cells.values)
    refuse_flaws(flaws, path)
    short = narrow and all(fits_float32(column) for column in columns)
    table = np.empty((len(frame), len(columns)), dtype=np.float32 if short else np.float64)
    for j, column in enumerate(columns):
        table[:, j] = column
    return table


def named(frame: pd.DataFrame, names: Sequence[str], path: str | Path) -> list[str]:
    """Columns as a table calls them: names of old runs left blanks at their ends.

    Raises:
        InputError: One is not there.
    """
    taken = [name if name in frame.columns else name.strip() for name in names]
    absent = [name for name in taken if name not in frame.columns]
    if absent:
        raise InputError(
            f"{shown_path(path)}: expected a column {column_in_words(absent[0])}"
            + (
                f" and {len(absent) - 1} more: {quoted_list(absent[1:], limit=50)}"
                if absent[1:]
                else ""
            )
            + f"; got the columns: {quoted_list(frame.columns, limit=60)}"
        )
    return taken


def _no_value(values: NDArray[Any] | None) -> Flaw | None:
    if values is None or values.dtype.kind != "f":
        return None
    missing = np.isnan(values)
    return Flaw(f"no value in {rows_in_words(missing)}") if missing.any() else None
