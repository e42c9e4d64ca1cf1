"""Tables to features: what a column means is learned on the training part, and then stays so.

A number without a value gets the median, and where the training part had such cells one more
feature says where they are. A category has a feature for each of its levels, 1 where it is the
cell's: of a level that was never seen all are 0, unless rare levels are one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core.data.cells import Cells, read_cells
from qfusion_core.data.columns import named, select_features
from qfusion_core.data.flaws import Flaw, quoted_list, refuse_flaws
from qfusion_core.data.formats.marks import UNMARKED
from qfusion_core.data.formats.narrow import fits_float32
from qfusion_core.data.schema import LONGEST_LEVEL, TableColumn, places, width_of
from qfusion_core.notes import note
from qfusion_core.printable import shown_path

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"[-+]?([1-9][0-9]*|0)(\.[0-9]*)?")


def learn_columns(
    frame: pd.DataFrame,
    names: Sequence[str],
    rows: NDArray[np.int64],
    path: str | Path,
    *,
    categorical: Collection[str] = (),
    most_levels: int,
) -> tuple[TableColumn, ...]:
    """What the columns of a table mean.

    Args:
        frame: What `read_table` gave, or any data frame.
        names: Of the columns with features.
        rows: Numbers of the rows of the training part: levels and medians are theirs.
        path: For the text of errors.
        categorical: Names of those that hold categories, also where these are numbers.
        most_levels: Of a category; of more the rarest become one.

    Raises:
        InputError: A column has no value, a date, or another text in each row: says which, and
            what to do.
    """
    marks = frame.attrs.get("marks", UNMARKED)
    found: list[TableColumn] = []
    flaws: dict[str, Flaw] = {}
    for name in names:
        cells = read_cells(frame[name], marks, category=True if name in categorical else None)
        flaw = cells.flaw or _nothing_to_learn(cells, rows)
        if flaw:
            flaws[name] = flaw
        elif cells.values is not None:
            found.append(_number_column(name, cells.values[rows]))
        else:
            assert cells.texts is not None
            found.append(_category(name, cells.texts.iloc[rows], most_levels))
    refuse_flaws(flaws, path)
    return tuple(found)


def encoded(
    frame: pd.DataFrame, columns: Sequence[TableColumn], path: str | Path, *, narrow: bool = False
) -> NDArray[np.floating[Any]]:
    """Features of the rows of a table; its other columns are ignored.

    Args:
        frame: As of `learn_columns`.
        columns: As they were learned, found by their names in any order.
        path: For the text of errors.
        narrow: In float32 if that holds every number exactly, else, as without it, in float64.

    Returns:
        ``[rows, features]``, all finite.

    Raises:
        InputError: A column is not there, or has text where numbers are.
    """
    taken = named(frame, [column.name for column in columns], path)
    marks = frame.attrs.get("marks", UNMARKED)
    features: list[NDArray[Any]] = []
    flaws: dict[str, Flaw] = {}
    filled: dict[str, int] = {}
    for column, name in zip(columns, taken, strict=True):
        cells = read_cells(frame[name], marks, category=column.levels is not None)
        if cells.flaw:
            flaws[name] = cells.flaw
        elif column.levels is None:
            assert cells.values is not None
            if not column.gaps and (gaps := _gaps(cells.values)):
                filled[name] = gaps
            features += _number_features(cells.values, column)
        else:
            assert cells.texts is not None
            features.append(_codes(cells.texts, column))
    refuse_flaws(flaws, path)
    if filled:
        cells_in = quoted_list(f"{name}: {count}" for name, count in filled.items())
        note(
            f"{shown_path(path)}: cells without a value get the median of the training, which had "
            f"none such ({cells_in})"
        )
    short = narrow and all(map(fits_float32, features))
    return _filled(features, columns, len(frame), np.float32 if short else np.float64)


def table_features(
    frame: pd.DataFrame,
    names: Sequence[str],
    columns: Sequence[TableColumn],
    path: str | Path,
) -> NDArray[np.float64]:
    """What a trained model takes of the rows of a table, in float64.

    Args:
        frame: As of `learn_columns`.
        names: Of its columns.
        columns: What was learned of them; none: each is one number, which must be there.
        path: For the text of errors.

    Raises:
        InputError: See `encoded` and `select_features`.
    """
    x = encoded(frame, columns, path) if columns else select_features(frame, names, path)
    return x.astype(np.float64, copy=False)


def _filled(
    features: Sequence[NDArray[Any]], columns: Sequence[TableColumn], rows: int, dtype: Any
) -> NDArray[np.floating[Any]]:
    table = np.zeros((rows, width_of(columns)), dtype=dtype)
    parts = iter(features)
    for column, place in places(columns):
        if column.levels is None:
            for j in range(place.start, place.stop):
                table[:, j] = next(parts)
        else:
            codes = next(parts)
            known = np.flatnonzero(codes >= 0)
            table[known, place.start + codes[known]] = 1
    return table


def _gaps(values: NDArray[Any]) -> int:
    return int(np.isnan(values).sum()) if values.dtype.kind == "f" else 0


def _nothing_to_learn(cells: Cells, rows: NDArray[np.int64]) -> Flaw | None:
    if cells.values is not None:
        if cells.values.dtype.kind != "f" or not np.isnan(cells.values[rows]).all():
            return None
        where = "any row" if np.isnan(cells.values).all() else "any row of the training part"
        return Flaw(f"no value in {where}", "")
    assert cells.texts is not None
    there = cells.texts[(cells.texts != "").to_numpy(dtype=bool)]
    if len(there) > 2 and there.is_unique:
        remedy = "make a number or a category of it"
        return Flaw(f"another text in each row, as {there.iloc[0][:40]!r}", remedy)
    long = (there.str.len() > LONGEST_LEVEL).to_numpy(dtype=bool)
    return Flaw(f"a text of more than {LONGEST_LEVEL} characters", "") if long.any() else None


def _number_column(name: str, values: NDArray[Any]) -> TableColumn:
    gaps = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    median = float(np.median(values[~gaps].astype(np.float64)))
    return TableColumn(name=name, median=median, gaps=bool(gaps.any()))


def _category(name: str, texts: pd.Series, most_levels: int) -> TableColumn:
    counts = Counter(texts)
    if all(_NUMBER.fullmatch(text) for text in counts if text):
        counts = Counter(map(_as_number, texts))
    by_count = sorted(counts, key=lambda level: (-counts[level], level))
    kept = by_count if len(by_count) <= most_levels else by_count[: most_levels - 1]
    return TableColumn(name=name, levels=tuple(sorted(kept)), rare=len(by_count) - len(kept))


def _number_features(values: NDArray[Any], column: TableColumn) -> list[NDArray[Any]]:
    if values.dtype.kind != "f":
        return [values, np.zeros(len(values))] if column.gaps else [values]
    gaps = np.isnan(values)
    filled = np.where(gaps, np.float64(column.median), values) if gaps.any() else values
    return [filled, gaps.astype(np.float64)] if column.gaps else [filled]


def _codes(texts: pd.Series, column: TableColumn) -> NDArray[np.int64]:
    """Place of each cell's level; -1 where it was never seen."""
    levels: Mapping[str, int] = {level: j for j, level in enumerate(column.levels or ())}
    unseen = len(levels) if column.rare else -1

    def code(text: str) -> int:
        for written in (text, _as_number(text), text.capitalize()):  # "true" is True
            if written in levels:
                return levels[written]
        return unseen

    distinct = {text: code(text) for text in texts.unique()}
    return texts.map(distinct).to_numpy(dtype=np.int64)


def _as_number(text: str) -> str:
    """1.0 and 1 are one level, where all levels are numbers."""
    if not _NUMBER.fullmatch(text):
        return text
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}".lstrip("+") if rest else whole.lstrip("+")
