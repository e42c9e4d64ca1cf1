"""Rows with names, of which a trained model says the class: data frames, arrays, images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from qfusion_core.data.encoding import table_features
from qfusion_core.data.frames import as_frame
from qfusion_core.data.schema import TableColumn
from qfusion_core.errors import InputError


class RowNames(NamedTuple):
    """What a model calls its columns and classes.

    Attributes:
        classes: In the order of the logits.
        features: Columns of a table; none of images.
        columns: What was learned of them; none by runs of before 0.2: each is one number.
    """

    classes: tuple[str, ...]
    features: tuple[str, ...]
    columns: tuple[TableColumn, ...]

    def raw(self, rows: Any, shape: Sequence[int]) -> Tensor:
        """Raw features ``[rows, *shape]`` in float64.

        Args:
            rows: A data frame with the columns by name in any order, further ones are ignored; an
                array with the columns of the table in their order; images ``[rows, *shape]``.
            shape: Of a sample.

        Raises:
            InputError: A column is not there, or cannot be read.
        """
        if self.features:
            frame = as_frame(rows, self.features)
            return torch.from_numpy(table_features(frame, self.features, self.columns, "rows"))
        images = np.asarray(rows)
        if images.shape[1:] != tuple(shape) or images.dtype.kind not in "biuf":
            raise InputError(
                f"rows: expected numbers [rows, {', '.join(map(str, shape))}], got {images.dtype} "
                f"of shape {list(images.shape)}"
            )
        return torch.from_numpy(images.astype(np.float64))
