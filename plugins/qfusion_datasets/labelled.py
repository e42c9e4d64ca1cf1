"""A user's table and which of its columns holds the labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core import InputError, Marks, did_you_mean, quoted_list, read_table, shown_path

if TYPE_CHECKING:
    import pandas as pd

    from qfusion_datasets.options import FileOptions

USUAL_LABELS = ("label", "target", "class", "y")


def read_labelled(options: FileOptions, path: Path) -> tuple[pd.DataFrame, str]:
    """A table without the columns that are left out, and the name of its labels.

    The names of all of its columns are its ``attrs["names"]``.

    Args:
        options: Which columns it has.
        path: Of the table.

    Raises:
        InputError: It cannot be read, or has not the columns that the options name.
    """
    where = shown_path(path)
    marks = Marks(options.decimal, options.thousands)
    frame = read_table(path, as_text=_as_text(options), marks=marks)
    for name in options.drop:
        if name not in frame.columns:
            raise InputError(f"{where}: drop: no column {_known(name, frame)}")
    names = tuple(frame.columns)
    frame = frame.drop(columns=list(options.drop))
    frame.attrs["names"] = names
    label = _label(frame, options.label, where)
    for name in options.categorical:
        if name not in frame.columns or name == label:
            raise InputError(f"{where}: categorical: no feature column {_known(name, frame)}")
    return frame, label


def _as_text(options: FileOptions) -> Callable[[str], bool]:
    """Which columns are kept as they are written: labels, categories, those that are left out."""

    def as_text(name: str) -> bool:
        is_label = name.lower() in USUAL_LABELS if options.label is None else name == options.label
        return is_label or name in options.drop or name in options.categorical

    return as_text


def _label(frame: pd.DataFrame, label: str | None, where: str) -> str:
    if label is not None:
        if label not in frame.columns:
            raise InputError(f"{where}: no label column {_known(label, frame)}")
        return label
    candidates = [name for name in frame.columns if name.lower() in USUAL_LABELS]
    if len(candidates) != 1:
        got = f"several: {quoted_list(candidates, limit=40)}" if candidates else "none"
        raise InputError(
            f"{where}: expected one column called {', '.join(USUAL_LABELS)}, got {got}; name the "
            f"column of the classes with --set data.options.label=COLUMN; columns: "
            f"{quoted_list(frame.columns, limit=60)}"
        )
    return str(candidates[0])


def _known(name: str, frame: pd.DataFrame) -> str:
    near = did_you_mean(name, frame.columns).partition("known: ")[0]
    return f"{name[:60]!r}; {near}known: {quoted_list(sorted(frame.columns), limit=60)}"
