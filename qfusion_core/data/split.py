"""What a data set hands to the model: numpy tables, already split, with their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core.data.formats.marks import UNMARKED, Marks
from qfusion_core.data.schema import TableColumn, plain_columns
from qfusion_core.errors import InputError
from qfusion_core.printable import shortened


@dataclass(frozen=True)
class Part:
    """Samples and their classes.

    Attributes:
        x: Raw features ``[rows, features]`` or images ``[rows, channels, height, width]``, float32,
            or float64 where that would lose digits: they are kept until preprocessing has centred
            them.
        y: Class indices, int64 ``[rows]``.
    """

    x: NDArray[np.floating[Any]]
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
        columns: What the columns of a table mean: ``x`` has the features of each in turn; empty
            where each is one number.
        hidden: Share of the cells with categories that a training hides, as if their level had
            never been seen.
        class_names: In the order of the class indices.
        source: Where the data came from, with licence and citation: it goes into the run folder.
        marks: How the file wrote its numbers, for those of `qfusion predict` to be read alike.
    """

    train: Part
    validation: Part
    test: Part
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    source: str
    marks: Marks = UNMARKED
    columns: tuple[TableColumn, ...] = ()
    hidden: float = 0.0

    @property
    def learned(self) -> tuple[TableColumn, ...]:
        """`columns`, also where each is one number; none of images."""
        return self.columns or plain_columns(self.feature_names, self.train.x)


def stratified(
    data: Part,
    *,
    test: float | int,
    seed: int,
    train: int | None = None,
    class_names: Sequence[str] | None = None,
) -> tuple[Part, Part]:
    """Split rows in two, each with the class shares of the whole.

    The rows are those of scikit-learn's ``train_test_split`` with ``random_state=seed``, so that
    any other model can be compared on the same ones.

    Args:
        data: The rows to split.
        test: Share (0 to 1) or number of rows of the second part.
        seed: The same seed gives the same rows.
        train: Number of rows of the first part; the rest if None.
        class_names: For the text of errors.

    Raises:
        InputError: A class has too few rows, or the sizes do not fit the number of rows.
    """
    first, second = _two_parts(data.y, test, seed, train, class_names)
    return data[first], data[second]


def train_validation_test(
    data: Part,
    *,
    seed: int,
    test: float | int = 0.2,
    validation: float = 0.15,
    train: int | None = None,
    class_names: Sequence[str] | None = None,
) -> tuple[Part, Part, Part]:
    """The split of a data set that has no official one: `stratified` twice, with one seed.

    Args:
        data: All rows.
        seed: The same seed gives the same rows.
        test: Share (0 to 1) or number of rows of the test part.
        validation: Share of the training part that is held out for early stopping.
        train: Number of rows of the training part, validation included; the rest if None.
        class_names: For the text of errors.

    Returns:
        Training, validation and test part.

    Raises:
        InputError: A class has fewer than three rows, or the sizes do not fit.
    """
    sizes = {"test": test, "validation": validation, "train": train}
    rows = split_rows(data.y, seed=seed, class_names=class_names, **sizes)  # type: ignore[arg-type]
    # rows are taken once, at the end: a table in between would take as much memory as all of it
    return data[rows[0]], data[rows[1]], data[rows[2]]


def split_rows(
    y: NDArray[np.int64],
    *,
    seed: int,
    test: float | int | None = 0.2,
    validation: float = 0.15,
    train: int | None = None,
    class_names: Sequence[str] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of the rows of each part; see `train_validation_test`.

    Args:
        y: Class indices of all rows.
        seed: The same seed gives the same rows.
        test: As there; None: no row is held out for a test.
        validation: As there.
        train: As there.
        class_names: For the text of errors.

    Raises:
        InputError: A class has too few rows, or the sizes do not fit.
    """
    _require_rows(y, 2 if test is None else 3, class_names)
    rest, held_out = np.arange(len(y)), np.empty(0, dtype=np.int64)
    if test is not None:
        rest, held_out = _two_parts(y, test, seed, train, class_names)
    elif train is not None and train < len(y):
        rest, _ = _two_parts(y, len(y) - train, seed, train, class_names)
    fitted, watched = _two_parts(y[rest], validation, seed, None, class_names)
    return rest[fitted], rest[watched], held_out


def _two_parts(
    y: NDArray[np.int64],
    test: float | int,
    seed: int,
    train: int | None,
    class_names: Sequence[str] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from sklearn.model_selection import train_test_split

    _require_rows(y, 2, class_names)
    try:
        first, second = train_test_split(
            np.arange(len(y)), test_size=test, train_size=train, stratify=y, random_state=seed
        )
    except ValueError as error:
        raise InputError(
            f"cannot split {len(y)} rows: {error}; each part needs a row of each of the "
            f"{len(np.unique(y))} classes: change test, validation or train of the data set"
        ) from error
    return first, second


def _require_rows(y: NDArray[np.int64], least: int, class_names: Sequence[str] | None) -> None:
    if len(y) == 0:
        raise InputError("cannot split 0 rows")
    counts = np.bincount(y)
    counts[counts == 0] = len(y)  # an index that never occurs is no class of this part
    rare = int(counts.argmin())
    if counts[rare] < least:
        name = shortened(class_names[rare], 40) if class_names else rare
        rows = "1 row" if counts[rare] == 1 else f"{counts[rare]} rows"
        raise InputError(
            f"class {name!r} has {rows}, a stratified split needs at least {least}; "
            "drop the class or add rows"
        )
