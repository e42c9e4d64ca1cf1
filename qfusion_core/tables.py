"""A user's file: a table in CSV, Parquet or npz, or images in npz.

Used for training (the data set ``file``) and for prediction, so that both refuse the same things
with the same words.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from qfusion_core.columns import features, listing, single
from qfusion_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".parquet", ".npz")
_UNREADABLE = (OSError, ValueError, EOFError, Warning, BadZipFile, zlib.error)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table with named columns.

    CSV and TSV carry the names in their first line. A CSV whose first line has no comma may be
    separated by tabs, or by semicolons with decimal commas. An npz holds ``x``
    ``[rows, features]``, whose columns get the names x0, x1, ..., and possibly ``y`` ``[rows]``.

    Raises:
        InputError: No such file, not of its kind, no rows, or a column name that occurs twice.
    """
    path = Path(path)
    suffix = _require_file(path)
    try:
        frame = _npz_table(path) if suffix == ".npz" else _frame(path, suffix)
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error
    frame.columns = frame.columns.map(str)
    _require_unique(frame.columns, path)
    if len(frame) == 0:
        raise InputError(f"{path}: no rows, only column names: {listing(frame.columns)}")
    return frame


def read_features(path: str | Path, feature_names: Sequence[str]) -> NDArray[np.float32]:
    """What a trained model needs of a user's file: its columns by name, or images.

    Args:
        path: A table; for a model of images (no feature names) an npz.
        feature_names: Of the trained model.

    Returns:
        ``[rows, features]`` or ``[rows, channels, height, width]``.

    Raises:
        InputError: See `read_table`, `features` and `read_arrays`.
    """
    if feature_names:
        return features(read_table(path), feature_names, path)
    x, _ = read_arrays(path)
    if x.ndim != 4:
        raise InputError(
            f"{path}: expected images x [rows, channels, height, width], got shape {list(x.shape)}"
        )
    return x


def read_arrays(path: str | Path) -> tuple[NDArray[np.float32], NDArray[np.generic] | None]:
    """The arrays of an npz: ``x`` (a table, or images), and ``y`` if it has one.

    Images of shape ``[rows, height, width]`` get their one channel.

    Raises:
        InputError: Not an npz, no ``x``, not numbers, not finite, or ``y`` of another length.
    """
    path = Path(path)
    if (suffix := _require_file(path)) != ".npz":
        raise InputError(f"{path}: expected an .npz file with an array x, got {suffix}")
    try:
        with path.open("rb") as file, ZipFile(file):  # np.load takes other kinds of file, too
            archive = np.load(file, allow_pickle=False)
            arrays = {name: archive[name] for name in ("x", "y") if name in archive}
            names = archive.files
    except _UNREADABLE as error:
        raise _unreadable(path, error) from error
    if "x" not in arrays:
        raise InputError(f"{path}: expected an array 'x', got: {listing(names)}")
    x, y = arrays["x"], arrays.get("y")
    if x.ndim not in (2, 3, 4) or x.dtype.kind not in "biuf":
        raise InputError(
            f"{path}: expected numbers x [rows, features] or [rows, (channels,) height, width], "
            f"got {x.dtype} of shape {list(x.shape)}"
        )
    if y is not None and y.shape != x.shape[:1]:
        raise InputError(f"{path}: expected y of shape [{len(x)}], got {list(y.shape)}")
    x = single(x[:, None] if x.ndim == 3 else x)
    if x.ndim == 4 and not np.isfinite(x).all():
        first = np.argwhere(~np.isfinite(x))[0].tolist()
        raise InputError(f"{path}: x has missing or infinite values, the first at {first}")
    return x, y


def _require_file(path: Path) -> str:
    suffix = path.suffix.lower()
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if not path.is_file() or suffix not in SUFFIXES:
        got = repr(suffix) if path.is_file() else "a folder"
        raise InputError(f"{path}: expected a file {', '.join(SUFFIXES)}; got {got}")
    return suffix


def _require_unique(names: pd.Index, path: Path) -> None:
    if not names.is_unique:
        twice = str(names[names.duplicated()][0])
        raise InputError(f"{path}: column name {twice!r} occurs twice; rename one of the two")


def _unreadable(path: Path, error: BaseException) -> InputError:
    kind = path.suffix.lower().removeprefix(".")
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, UnicodeDecodeError):
        reason = f"not UTF-8 text (byte {error.start}); save it as UTF-8"
    elif path.stat().st_size == 0:
        reason = "the file is empty"
    return InputError(f"{path}: cannot be read as {kind}: {reason}")


def _frame(path: Path, suffix: str) -> pd.DataFrame:
    import pandas as pd

    if suffix == ".parquet":
        return pd.read_parquet(path)
    separator = "\t" if suffix == ".tsv" else ","
    # read on its own: pandas renames the second column of a name in silence
    header = pd.read_csv(path, sep=separator, header=None, nrows=1, dtype=str)
    if suffix == ".csv" and header.shape[1] == 1:
        found = [other for other in ";\t" if other in str(header.iloc[0, 0])]
        if found:
            separator = found[0]
            header = pd.read_csv(path, sep=separator, header=None, nrows=1, dtype=str)
    _require_unique(pd.Index(header.iloc[0].dropna().str.strip()), path)
    with warnings.catch_warnings():
        # rows longer than the header would lose their last fields with no more than a warning
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path,
            sep=separator,
            decimal="," if separator == ";" else ".",
            index_col=False,
            low_memory=False,
            skipinitialspace=True,
        )


def _npz_table(path: Path) -> pd.DataFrame:
    import pandas as pd

    x, y = read_arrays(path)
    if x.ndim != 2:
        raise InputError(f"{path}: expected a table x [rows, features], got {list(x.shape)}")
    frame = pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])])
    return frame if y is None else frame.assign(y=y)
