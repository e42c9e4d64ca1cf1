"""Rows that a trained model has not seen: of a file, or of a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qfusion_core.data.flaws import column_in_words, quoted_list
from qfusion_core.data.formats.marks import Marks
from qfusion_core.errors import InputError
from qfusion_core.evaluation.row_selection import draw_rows
from qfusion_core.printable import shown_path
from qfusion_core.runs.folder import RunFolder
from qfusion_core.storage.places import expanded

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class NewRows(NamedTuple):
    """Rows as a model takes them.

    Attributes:
        x: Raw features ``[rows, ...]``, float64.
        numbers: Of the rows, counted from 1.
        kept: Columns that are passed through, as they are written.
        called: What errors and the journal call their source.
    """

    x: NDArray[np.floating[Any]]
    numbers: NDArray[np.int64]
    kept: Mapping[str, Sequence[str]]
    called: str


def new_rows(
    folder: RunFolder,
    source: Any,
    samples: int | None,
    seed: int,
    keep: Sequence[str] = (),
) -> NewRows:
    """Rows of a file or a data frame.

    Args:
        folder: Of the run.
        source: A path, or a data frame of any make; see `qfusion_core.data.frames`.
        samples: So many of the rows, drawn by the seed; all for None.
        seed: Of the draw.
        keep: Columns to pass through.

    Raises:
        InputError: It cannot be read, a column is not there, or it has fewer rows than are asked
            for.
    """
    from qfusion_core.data.encoding import table_features
    from qfusion_core.data.frames import as_frame, is_frame
    from qfusion_core.data.table import read_features

    names, columns = folder.config.features, folder.config.columns
    if is_frame(source):
        frame, called = as_frame(source, names), "the data frame"
    else:
        path = expanded(source, "file")
        if not names and keep:
            raise InputError(f"{shown_path(path)}: keep: images have no columns; leave it out")
        if not names:
            x = read_features(path, names, **_as_in_training(folder))
            return _chosen(x, {}, samples, seed, path.name)
        frame, called = _table(path, folder, keep), path.name
    where = called if is_frame(source) else source
    x = table_features(frame, names, columns, where)
    kept = {name: _as_written(frame, name, where) for name in keep}
    return _chosen(x, kept, samples, seed, called)


def _table(path: Path, folder: RunFolder, keep: Sequence[str]) -> pd.DataFrame:
    from qfusion_core.data.table import read_table

    categories = {each.name for each in folder.config.columns if each.levels is not None}
    hints = _as_in_training(folder)
    as_text = {*categories, *keep}.__contains__
    return read_table(path, as_text=as_text, marks=hints["marks"], usual=hints["usual"])


def _as_written(frame: pd.DataFrame, name: str, where: object) -> list[str]:
    if name not in frame.columns:
        raise InputError(
            f"{where}: keep: no column {column_in_words(name)}; got the columns: "
            f"{quoted_list(frame.columns, limit=60)}"
        )
    column = frame[name]
    texts: list[str] = column.astype(object).where(~column.isna(), "").astype(str).tolist()
    return texts


def _chosen(
    x: NDArray[np.floating[Any]],
    kept: Mapping[str, Sequence[str]],
    samples: int | None,
    seed: int,
    called: str,
) -> NewRows:
    chosen = draw_rows(len(x), samples, seed)
    passed = {name: [cells[row] for row in chosen] for name, cells in kept.items()}
    return NewRows(x[chosen], chosen + 1, passed, called)


def _as_in_training(folder: RunFolder) -> dict[str, Any]:
    """How the file that the run was trained on wrote its numbers and laid out its images.

    What the user said of it holds for new files, too; what it was found to have is a hint: a table
    may come out of another program by now.
    """
    options, marks = folder.config.spec.data.options, folder.config.provenance.get("marks")
    fixed = {key: options[key] for key in Marks._fields if options.get(key) in (".", ",", " ", "'")}
    usual = marks.get("decimal") if isinstance(marks, dict) else None
    return {
        "marks": Marks(**fixed),
        "usual": usual if usual in (".", ",") else None,
        "channels": options.get("channels"),
    }
