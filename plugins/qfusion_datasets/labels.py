"""A column of labels as class indices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qfusion_core import InputError

if TYPE_CHECKING:
    import pandas as pd


def class_indices(column: pd.Series, path: Path) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Indices into the sorted labels, and their names. Numbers are sorted as numbers.

    Returns:
        Class indices ``[rows]`` and class names.

    Raises:
        InputError: A label is missing, there is one class, or the labels are measurements.
    """
    from pandas.api import types

    where = f"{path}: label column {str(column.name)!r}"
    missing = column.isna().to_numpy(dtype=bool)
    if missing.any():
        raise InputError(
            f"{where}: no value in {int(missing.sum())} of {len(column)} rows, the first is data "
            f"row {int(missing.argmax()) + 1}; fill in or remove these rows"
        )
    if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
        numbers = column.to_numpy(dtype=np.float64)
        broken = ~np.isfinite(numbers) | (numbers != np.floor(numbers))
        if broken.any():
            raise InputError(
                f"{where}: expected classes (text or whole numbers), got the number "
                f"{numbers[broken][0]}; name the column of the classes with "
                "--set data.options.label=COLUMN"
            )
        values = numbers.astype(np.int64)
    else:
        values = column.astype(str).to_numpy(dtype=str)
    labels, indices = np.unique(values, return_inverse=True)
    if len(labels) < 2:
        raise InputError(f"{where}: one class only, {str(labels[0])!r}; expected at least two")
    return indices.astype(np.int64), tuple(map(str, labels))
