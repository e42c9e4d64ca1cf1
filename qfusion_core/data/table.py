"""A user's file: a table in CSV, Parquet or npz, or images in npz.

Used for training (the data set ``file``) and for prediction, so that both refuse the same things
with the same words.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from qfusion_core.data.encoding import table_features
from qfusion_core.data.flaws import quoted_list
from qfusion_core.data.formats.archives import read_npz
from qfusion_core.data.formats.columnar import read_parquet
from qfusion_core.data.formats.delimited import read_delimited, require_unique
from qfusion_core.data.formats.marks import UNMARKED, Marks
from qfusion_core.data.formats.narrow import exact_float, narrowest
from qfusion_core.data.schema import TableColumn
from qfusion_core.errors import InputError, QfusionError, in_words
from qfusion_core.printable import one_line, shown_path
from qfusion_core.storage.reading import open_regular

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".tsv", ".parquet", ".npz")
Channels = Literal["first", "last"]


def read_table(
    path: str | Path,
    *,
    as_text: Callable[[str], bool] | None = None,
    marks: Marks = UNMARKED,
    usual: str | None = None,
) -> pd.DataFrame:
    """Read a table with named columns.

    CSV and TSV carry the names in their first line, or below ``sep=;``. The fields of a CSV may be
    separated by semicolons or tabs, and their decimals by commas. An npz holds ``x``
    ``[rows, features]``, whose columns get the names x0, x1, ..., and possibly ``y`` ``[rows]``.

    Args:
        path: Of the file.
        as_text: Whether the column of this name is kept as it is written in a CSV or TSV: labels;
            None for no column.
        marks: Decimal and thousands marks of a CSV or TSV, where they are known.
        usual: Decimal mark of a CSV or TSV that shows none itself, if one is to be expected.

    Returns:
        The table; the marks that were found are its ``attrs["marks"]``.

    Raises:
        InputError: No such file, not of its kind, no rows, or a column name that occurs twice.
    """
    with _opened(Path(path)) as (file, suffix, where):
        if suffix in (".npz", ".parquet"):
            marks = UNMARKED
        if suffix == ".npz":
            frame = _npz_table(path)
        elif suffix == ".parquet":
            frame = read_parquet(Path(path), os.fstat(file.fileno()).st_size, where)
        else:
            kept = as_text or (lambda name: False)
            frame, marks = read_delimited(
                file, where, tabs=suffix == ".tsv", as_text=kept, marks=marks, usual=usual
            )
        frame.attrs = {"marks": marks}  # and nothing that somebody wrote into a Parquet
        require_unique(tuple(frame.columns), where)
    if len(frame) == 0:
        raise InputError(f"{where}: no rows, only column names: {quoted_list(frame.columns)}")
    return frame


def read_features(
    path: str | Path,
    feature_names: Sequence[str],
    *,
    columns: Sequence[TableColumn] = (),
    marks: Marks = UNMARKED,
    usual: str | None = None,
    channels: Channels | None = None,
) -> NDArray[np.float64]:
    """What a trained model needs of a user's file: its columns by name, or images.

    Args:
        path: A table; for a model of images (no feature names) an npz.
        feature_names: Of the trained model.
        columns: What it learned of them; none: they are numbers, each of which must be there.
        marks: As they were told for the training; see `read_table`.
        usual: The decimal mark that the training file was found to have; see `read_table`.
        channels: As of `read_arrays`.

    Returns:
        ``[rows, features]`` or ``[rows, channels, height, width]``.

    Raises:
        InputError: See `read_table`, `encoded`, `select_features` and `read_arrays`.
    """
    if feature_names:
        names = {column.name for column in columns if column.levels is not None}
        table = read_table(path, as_text=names.__contains__, marks=marks, usual=usual)
        return table_features(table, feature_names, columns, path)
    x, _ = read_arrays(path, channels=channels)
    if x.ndim != 4:
        raise InputError(
            f"{shown_path(path)}: expected images x [rows, channels, height, width], got shape "
            f"{list(x.shape)}"
        )
    return x.astype(np.float64)


def read_arrays(
    path: str | Path, *, channels: Channels | None = None
) -> tuple[NDArray[np.floating[Any]], NDArray[np.generic] | None]:
    """The arrays of an npz: ``x`` (a table, or images), and ``y`` if it has one.

    Images of shape ``[rows, height, width]`` get their one channel.

    Args:
        path: Of the file.
        channels: Which axis of images ``[rows, ., ., .]`` holds the channels: the first of the
            three or the last; None for the first, unless it does not look like it.

    Returns:
        ``x`` in float32 if that holds every number exactly, else in float64; ``y`` as it is.

    Raises:
        InputError: Not an npz, no ``x``, not numbers, not finite, or ``y`` of another length.
    """
    with _opened(Path(path)) as (file, suffix, where):
        if suffix != ".npz":
            raise InputError(f"{where}: expected an .npz file with an array x, got {suffix}")
        arrays, names = read_npz(file, where, ("x", "y"))
    if "x" not in arrays:
        raise InputError(f"{where}: expected an array 'x', got: {quoted_list(names)}")
    x, y = arrays["x"], arrays.get("y")
    if x.ndim not in (2, 3, 4) or x.dtype.kind not in "biuf":
        raise InputError(
            f"{where}: expected numbers x [rows, features] or [rows, (channels,) height, width], "
            f"got {x.dtype} of shape {list(x.shape)}"
        )
    if y is not None and y.shape != x.shape[:1]:
        raise InputError(f"{where}: expected y of shape [{len(x)}], got {list(y.shape)}")
    if y is not None and y.dtype.kind not in "biufUSmM":
        raise InputError(f"{where}: expected labels y, text or numbers, got {str(y.dtype)[:60]}")
    x = exact_float(x[:, None] if x.ndim == 3 else _channels_first(x, channels, where))
    if x.ndim == 4 and not np.isfinite(x).all():
        first = np.argwhere(~np.isfinite(x))[0].tolist()
        raise InputError(f"{where}: x has missing or infinite values, the first at {first}")
    return x, y


def _channels_first(
    x: NDArray[np.generic], channels: Channels | None, where: str
) -> NDArray[np.generic]:
    if x.ndim != 4 or channels == "first":
        return x
    if channels == "last":
        return np.ascontiguousarray(np.moveaxis(x, -1, 1))
    first, second, last = x.shape[1:]
    if last < min(first, second) or (first == second and first != last):
        raise InputError(
            f"{where}: x {list(x.shape)} looks like [rows, height, width, channels], expected "
            "[rows, channels, height, width]; train with --set data.options.channels=last (or "
            "first), or save np.moveaxis(x, -1, 1)"
        )
    return x


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], str, str]]:
    """The file, its suffix, and how errors name it: whatever reading raises is one line."""
    suffix, where = path.suffix.lower(), shown_path(path)
    if not path.exists():
        raise InputError(f"{where}: no such file")
    if path.is_dir() or suffix not in SUFFIXES:
        got = "a folder" if path.is_dir() else repr(suffix[:20])
        raise InputError(f"{where}: expected a file {', '.join(SUFFIXES)}; got {got}")
    kind = suffix.removeprefix(".")
    with open_regular(path) as file:
        if file.seek(0, 2) == 0:
            raise InputError(f"{where}: cannot be read as {kind}: the file is empty")
        file.seek(0)
        try:
            yield file, suffix, where
        except (QfusionError, MemoryError):
            raise
        except UnicodeDecodeError as error:
            raise InputError(
                f"{where}: cannot be read as {kind}: not UTF-8 text (byte {error.start}); save it "
                "as UTF-8"
            ) from None
        except Exception as error:  # libraries raise anything at all of what they did not foresee
            plain = str(error).strip() and isinstance(error, (OSError, ValueError, BadZipFile))
            reason = one_line(error, 120) if plain else f"damaged ({in_words(error, 120)})"
            raise InputError(f"{where}: cannot be read as {kind}: {reason}") from None


def _npz_table(path: str | Path) -> pd.DataFrame:
    import pandas as pd

    x, y = read_arrays(path)
    if x.ndim != 2:
        raise InputError(
            f"{shown_path(path)}: expected a table x [rows, features], got {list(x.shape)}"
        )
    frame = pd.DataFrame({f"x{j}": narrowest(x[:, j]) for j in range(x.shape[1])})
    return frame if y is None else frame.assign(y=y)
