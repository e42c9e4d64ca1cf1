"""Parquet: columns with types of their own, whole numbers with all their digits."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from qfusion_core.errors import InputError
from qfusion_core.formats.archives import require_ratio

if TYPE_CHECKING:
    import pandas as pd

_CELL = 8  # bytes
_RATIO = 2_000  # a column of one value takes next to nothing


def read_parquet(file: IO[bytes], where: str) -> pd.DataFrame:
    """The table of a Parquet file, its names without surrounding blanks.

    Args:
        file: At its beginning.
        where: Names it in errors.

    Raises:
        InputError: It has far more cells than its size can mean.
    """
    import pandas as pd
    from pyarrow.parquet import ParquetFile

    size = file.seek(0, 2)
    file.seek(0)
    found = ParquetFile(file).metadata
    require_ratio(found.num_rows * found.num_columns * _CELL, size, where, _RATIO)
    file.seek(0)
    try:
        frame = pd.read_parquet(file)
    except MemoryError:
        raise InputError(f"{where}: damaged, or larger than the memory of this machine") from None
    frame.columns = [str(name).strip() or f"Unnamed: {j}" for j, name in enumerate(frame.columns)]
    return frame
