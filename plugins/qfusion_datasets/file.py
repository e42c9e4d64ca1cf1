"""The user's own table or images."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from qfusion_core import (
    Dataset,
    InputError,
    Labelled,
    Marks,
    Part,
    Split,
    TableColumn,
    open_regular,
    read_arrays,
    shown_path,
    split_rows,
    table_parts,
)
from qfusion_datasets.labelled import read_labelled
from qfusion_datasets.labels import class_indices
from qfusion_datasets.options import FileOptions
from qfusion_datasets.row_numbers import require_names, require_no_numbers, require_no_row_numbers

if TYPE_CHECKING:
    pass

Whole = tuple[Part, tuple[str, ...], tuple[str, ...], Marks]


class File(Dataset):
    """A CSV, TSV, Parquet or npz file: one row per sample, one column per feature, one of labels.

    An npz holds ``x``, a table or images ``[rows, channels, height, width]``, and labels ``y``.
    Labels may be text or numbers, and are kept as they are written. Columns of text and of truth
    values are categories; numbers without a value get the median of the training part, and a flag.
    What cannot be used is refused with the column's name. Licence and citation are the user's.
    """

    name: ClassVar[str] = "file"
    Options = FileOptions

    @classmethod
    def example(cls) -> FileOptions:
        """The Wine table as a CSV file."""
        return FileOptions(path=Path(__file__).parent / "extracts" / "wine.csv")

    def __init__(self, options: FileOptions) -> None:
        self.options = options

    def require_source(self) -> None:
        """The file is there."""
        if not self.options.path.exists():
            raise InputError(
                f"{shown_path(self.options.path)}: no such file{self._behind_a_comma()}"
            )

    def _behind_a_comma(self) -> str:
        """What to do where options were written behind the name of a file that is there."""
        path, _, rest = str(self.options.path).partition(",")
        pairs = re.split(r",(?=[a-z_]+=)", rest)
        if not re.match(r"[a-z_]+=", rest) or not Path(path).is_file():
            return ""
        settings = " ".join(shlex.join(["--set", f"data.options.{pair}"]) for pair in pairs)
        return f"; its options are settings: file:{shown_path(Path(path).name)} {settings}"

    def load(self, *, seed: int) -> Split:
        """Read, check and split the file; see `TableOptions` for the split.

        Raises:
            InputError: The file, a column or the labels cannot be used: says which, and why.
        """
        return self._load(seed, None)

    def load_again(
        self,
        *,
        seed: int,
        class_names: Sequence[str],
        allow_url: bool = False,
        columns: tuple[TableColumn, ...] = (),
    ) -> Split:
        """As `load`, with the classes and columns of the run, whose file was sound as it began."""
        return self._load(seed, class_names, columns)

    def _load(
        self,
        seed: int,
        trained_classes: Sequence[str] | None,
        columns: tuple[TableColumn, ...] = (),
    ) -> Split:
        path = self.options.path
        where = shown_path(path)
        images = path.suffix.lower() == ".npz" and self._images(where, trained_classes)
        if images:
            split = self._of_images(*images, seed, where)
        else:
            split = self._of_table(seed, where, trained_classes, columns)
        with open_regular(path) as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        rows = sum(map(len, (split.train, split.validation, split.test)))
        return replace(split, source=f"{path}; {rows} rows; sha256 of the file {checksum}")

    def _of_table(
        self,
        seed: int,
        where: str,
        trained_classes: Sequence[str] | None,
        columns: tuple[TableColumn, ...],
    ) -> Split:
        options = self.options
        frame, label = read_labelled(options, options.path)
        names = tuple(name for name in frame.columns if name != label)
        if not names:
            raise InputError(
                f"{where}: no feature columns, only {label[:60]!r}; expected at least one"
            )
        if trained_classes is None:
            require_names(names, where)
            if options.path.suffix.lower() in (".csv", ".tsv"):
                require_no_numbers([name for name in frame.attrs["names"] if name != label], where)
        y, class_names = class_indices(frame[label], where, trained_classes)
        parts, found = table_parts(
            Labelled(frame, y, options.path),
            names,
            self._rows(y, seed, class_names, where),
            tested=self._tested(class_names),
            columns=columns,
            categorical=options.categorical,
            most_levels=options.most_levels,
        )
        if trained_classes is None:
            require_no_row_numbers(frame, names, where)
        marks = frame.attrs.get("marks", Marks())
        return Split(*parts, names, class_names, "", marks, found, options.hide_levels)

    def _tested(self, class_names: tuple[str, ...]) -> Labelled | None:
        """The table with the rows of the test, where they have one of their own."""
        if (path := self.options.test_file) is None:
            return None
        frame, label = read_labelled(self.options, path)
        y, _ = class_indices(frame[label], shown_path(path), class_names)
        return Labelled(frame, y, path)

    def _rows(
        self, y: NDArray[np.int64], seed: int, class_names: tuple[str, ...], where: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of the rows of each part."""
        options = self.options
        try:
            return split_rows(
                y,
                seed=seed,
                test=None if isinstance(options.test, str) else options.test,
                validation=options.validation,
                train=options.train,
                class_names=class_names,
            )
        except InputError as error:
            raise InputError(f"{where}: {error}") from error

    def _of_images(
        self,
        whole: Part,
        names: tuple[str, ...],
        class_names: tuple[str, ...],
        marks: Marks,
        seed: int,
        where: str,
    ) -> Split:
        if self.options.test_file is not None:
            raise InputError(
                f"{where}: test: a file of its own is for tables, this one holds images; give a "
                "share, a number of rows, or none"
            )
        rows = self._rows(whole.y, seed, class_names, where)
        train, validation, test = (whole[numbers] for numbers in rows)
        return Split(train, validation, test, names, class_names, "", marks)

    def _images(self, where: str, trained_classes: Sequence[str] | None) -> Whole | None:
        """Images and their classes; None where the file holds a table."""
        import pandas as pd

        channels = self.options.channels or ("first" if trained_classes is not None else None)
        x, y = read_arrays(self.options.path, channels=channels)
        if x.ndim != 4:
            return None
        if y is None:
            raise InputError(f"{where}: expected labels y [rows], got only x")
        indices, class_names = class_indices(pd.Series(y, name="y"), where, trained_classes)
        return Part(x, indices), (), class_names, Marks()
