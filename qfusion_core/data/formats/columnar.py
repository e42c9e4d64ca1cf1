"""Parquet: columns with types of their own, whole numbers with all their digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core.data.formats.archives import require_ratio
from qfusion_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_CELL = 8  # bytes
_RATIO = 2_000  # a column of one value takes next to nothing


def read_parquet(path: Path, size: int, where: str) -> pd.DataFrame:
    """The table of a Parquet file, its names without surrounding blanks.

    Args:
        path: Of the file. It is opened by Arrow itself: threads that are still reading from a file
            of Python's when that is closed take the process with them.
        size: Of the file, in bytes.
        where: Names it in errors.

    Raises:
        InputError: It has far more cells than its size can mean.
    """
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]

    try:
        with pa.OSFile(str(path)) as source:
            file = ParquetFile(source)
            cells = file.metadata.num_rows * file.metadata.num_columns
            require_ratio(cells * _CELL, size, where, _RATIO)
            frame: pd.DataFrame = file.read().to_pandas()
    except MemoryError:
        raise InputError(f"{where}: damaged, or larger than the memory of this machine") from None
    frame.columns = [str(name).strip() or f"Unnamed: {j}" for j, name in enumerate(frame.columns)]
    return frame
