"""Data frames of any make, and arrays, as the columns of a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qfusion_core.errors import InputError
from qfusion_core.printable import shown_value

if TYPE_CHECKING:
    import pandas as pd

_EXPECTED = "a data frame (pandas, polars, Arrow) with the columns by name, or an array"


def is_frame(rows: Any) -> bool:
    """Whether it has columns with names: what pandas, polars and Arrow make."""
    return hasattr(rows, "columns") or hasattr(rows, "column_names")


def as_frame(rows: Any, names: Sequence[str]) -> pd.DataFrame:
    """Rows as a frame of pandas.

    Args:
        rows: A data frame, or an array ``[rows, columns]`` with the columns in the order of
            ``names``.
        names: Of the columns of the model.

    Raises:
        InputError: It is neither, or an array of another width.
    """
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        return rows.rename(columns=str)
    if is_frame(rows):
        import narwhals as nw

        try:
            frame: pd.DataFrame = nw.from_native(rows, eager_only=True).to_pandas()
        except TypeError:
            raise InputError(f"rows: expected {_EXPECTED}; got {shown_value(rows)}") from None
        return frame.rename(columns=str)
    array = np.asarray(rows)
    if array.ndim != 2:
        raise InputError(f"rows: expected {_EXPECTED} [rows, columns], got {_shape(rows, array)}")
    if array.shape[1] != len(names):
        raise InputError(
            f"rows: expected {len(names)} columns, as in training, got {array.shape[1]}; a data "
            "frame has them by name, in any order"
        )
    return pd.DataFrame(array, columns=list(names))


def _shape(rows: Any, array: np.ndarray) -> str:
    return f"shape {list(array.shape)}" if array.ndim else type(rows).__name__
