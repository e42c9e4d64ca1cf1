"""Columns that count the rows: of sorted rows they tell the class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qfusion_core import InputError, drop_setting, quoted_list

if TYPE_CHECKING:
    import pandas as pd

_NAMES = {
    "#", "_id", "id", "idx", "index", "level_0", "lfd. nr.", "lfdnr", "line", "no", "no.", "nr",
    "nr.", "num", "number", "obs", "record", "row", "row_id", "row_names", "row_number", "rowid",
    "rownames", "rownum", "sample", "sample_id", "sno", "s.no", "s.no.",
}  # fmt: skip


def require_names(names: Sequence[str], where: str) -> None:
    """Refuse features without a name.

    Raises:
        InputError: Names the columns, and how to leave them out.
    """
    unnamed = [name for name in names if name.startswith("Unnamed: ")]
    if unnamed:
        raise InputError(
            f"{where}: a column has no name, perhaps the row numbers that pandas writes, which "
            f"would tell the class of sorted rows; name it, or leave it out: --set "
            f"{drop_setting(unnamed)}"
        )


def require_no_row_numbers(frame: pd.DataFrame, names: Sequence[str], where: str) -> None:
    """Refuse features that are called like row numbers, and are just that.

    Raises:
        InputError: Names the columns, and how to leave them out.
    """
    counting = [n for n in names if n.lower().replace(" ", "_") in _NAMES and _counts(frame[n])]
    if counting:
        raise InputError(
            f"{where}: column {quoted_list(counting)} holds the numbers of the rows, which would "
            f"tell the class of sorted rows; leave it out: --set {drop_setting(counting)}"
        )


def require_no_numbers(names: Sequence[str], where: str) -> None:
    """Refuse a first row of a text file that was taken for the names of the features.

    Numbers from 0 on, as pandas gives to columns that have no names, are names.

    Raises:
        InputError: Says that a row would be lost.
    """
    counted = {str(n) for n in range(len(names) + 1)}
    if all(map(_is_number, names)) and not set(names) <= counted:
        raise InputError(
            f"{where}: the first line holds numbers ({quoted_list(names, limit=40)}), expected the "
            "names of the columns: a row is lost otherwise; write a line of names above them"
        )


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _counts(column: pd.Series) -> bool:
    if column.dtype.kind not in "iuf" or len(column) < 2:
        return False
    values = column.to_numpy()
    return bool(values[0] in (0, 1) and (values == np.arange(len(values)) + values[0]).all())
