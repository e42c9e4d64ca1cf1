"""Which value of a row is to blame where what the model makes of it is no number."""

from __future__ import annotations

import numpy as np

from qfusion_core.data.finite_rows import RowNotFinite
from qfusion_core.data.split import Split
from qfusion_core.printable import one_line


def blamed(error: RowNotFinite, split: Split) -> RowNotFinite:
    """The same error with the value that lies farthest from those of the training part.

    Args:
        error: Names part and row.
        split: Of the run.
    """
    parts = {"training": split.train, "validation": split.validation, "test": split.test}
    train = split.train.x.reshape(len(split.train), -1).astype(np.float64)
    row = parts[error.part].x[error.row].ravel().astype(np.float64)
    with np.errstate(all="ignore"):
        centre = np.median(train, axis=0)
        spread = np.median(np.abs(train - centre), axis=0)
        far = np.abs(row - centre) / np.maximum(spread, 1e-12 + 1e-6 * np.abs(centre))
    index = int(np.argmax(np.nan_to_num(far, nan=np.inf)))
    names = [column.name for column in split.columns for _ in range(column.width)]
    names = names or list(split.feature_names)
    name = one_line(repr(names[index]), 60) if names else "one value"
    about = f" (its {name} is {row[index]:.6g}: a fill value?)"
    return RowNotFinite(error.part, error.row, error.when, about)
