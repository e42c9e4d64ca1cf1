"""Categories that a training hides now and then: what a level that was never seen will mean."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from qfusion_core.data.schema import TableColumn, places


class HiddenLevels:
    """Rows with some of their categories hidden, drawn anew each time.

    Args:
        columns: Of the table.
        share: Of the cells with categories, from 0 to 1.
    """

    def __init__(self, columns: Sequence[TableColumn], share: float) -> None:
        self._places = [pair for pair in places(columns) if pair[0].levels is not None]
        self._share = share

    def __bool__(self) -> bool:
        return bool(self._places) and self._share > 0

    def hide(self, raw: Tensor) -> Tensor:
        """A copy of raw features ``[rows, features]`` in which hidden cells look like unseen ones.

        Draws from torch's global random numbers on the CPU, so that it is the same everywhere.
        """
        hidden = torch.rand(len(raw), len(self._places), device="cpu") < self._share
        shown = raw.clone()
        for (column, place), cells in zip(self._places, hidden.to(raw.device).T, strict=True):
            shown[cells, place] = 0
            if column.rare:
                shown[cells, place.stop - 1] = 1
        return shown
