"""A table in three parts, with its columns learned on the first of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qfusion_core.data.encoding import encoded, learn_columns
from qfusion_core.data.schema import TableColumn, are_plain, in_a_line
from qfusion_core.data.split import Part
from qfusion_core.notes import note
from qfusion_core.printable import shown_path

if TYPE_CHECKING:
    import pandas as pd

PartRows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


class Labelled(NamedTuple):
    """A table and what its rows are.

    Attributes:
        frame: See `read_table`.
        y: Class indices ``[rows]``.
        path: For the text of errors.
    """

    frame: pd.DataFrame
    y: NDArray[np.int64]
    path: str | Path


def table_parts(
    table: Labelled,
    names: Sequence[str],
    rows: PartRows,
    *,
    tested: Labelled | None = None,
    columns: tuple[TableColumn, ...] = (),
    categorical: Collection[str] = (),
    most_levels: int = 32,
) -> tuple[tuple[Part, Part, Part], tuple[TableColumn, ...]]:
    """The parts of a table, and what its columns mean, which is said where it is not plain.

    Args:
        table: All rows, or all but those of the test.
        names: Of the columns with features.
        rows: Numbers of the rows of each part; see `split_rows`.
        tested: A table whose rows are the test part; None: some of `table` are.
        columns: What was learned in a training before; nothing else is learned then, or said.
        categorical: See `learn_columns`.
        most_levels: See `learn_columns`.

    Raises:
        InputError: A column cannot be used, or is not there.
    """
    found = columns or learn_columns(
        table.frame,
        names,
        rows[0],
        table.path,
        categorical=categorical,
        most_levels=most_levels,
    )
    if not columns and not are_plain(found):
        note(f"{shown_path(table.path)}: {in_a_line(found)}")
    x = encoded(table.frame, found, table.path, narrow=True)
    parts = [Part(x[numbers], table.y[numbers]) for numbers in rows]
    if tested is not None:
        other = encoded(tested.frame, found, tested.path, narrow=True)
        wide = np.result_type(x, other)
        parts = [Part(part.x.astype(wide, copy=False), part.y) for part in parts[:2]]
        parts.append(Part(other.astype(wide, copy=False), tested.y))
    return (parts[0], parts[1], parts[2]), found
