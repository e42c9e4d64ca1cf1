"""What a data set hands to the model: numpy tables, already split, with their names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qfusion_core.errors import InputError


@dataclass(frozen=True)
class Part:
    """Samples and their classes.

    Attributes:
        x: Raw features, float32 ``[rows, features]`` or images ``[rows, channels, height, width]``.
        y: Class indices, int64 ``[rows]``.
    """

    x: NDArray[np.float32]
    y: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: NDArray[np.int64]) -> Part:
        return Part(self.x[rows], self.y[rows])


@dataclass(frozen=True)
class Split:
    """A data set in three parts. Nothing may be fitted or chosen on ``test``.

    Attributes:
        feature_names: One per column of a table; empty for images.
        class_names: In the order of the class indices.
        source: Where the data came from, with licence and citation: it goes into the run folder.
    """

    train: Part
    validation: Part
    test: Part
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    source: str


def stratified(
    data: Part, *, test: float | int, seed: int, train: int | None = None
) -> tuple[Part, Part]:
    """Split rows in two, each with the class shares of the whole.

    Args:
        data: The rows to split.
        test: Share (0 to 1) or number of rows of the second part.
        seed: The same seed gives the same rows.
        train: Number of rows of the first part; the rest if None.

    Raises:
        InputError: A class has too few rows to stand in both parts.
    """
    from sklearn.model_selection import train_test_split

    counts = np.bincount(data.y)
    if counts[counts > 0].min() < 2:
        rare = int(np.flatnonzero(counts == 1)[0])
        raise InputError(
            f"class index {rare} has 1 row, a stratified split needs at least 2; "
            "drop the class or add rows"
        )
    try:
        first, second = train_test_split(
            np.arange(len(data)),
            test_size=test,
            train_size=train,
            stratify=data.y,
            random_state=seed,
        )
    except ValueError as error:
        raise InputError(f"cannot split {len(data)} rows: {error}") from error
    return data[first], data[second]
