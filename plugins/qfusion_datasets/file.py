"""The user's own table or images."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from qfusion_core import (
    Dataset,
    InputError,
    Marks,
    Part,
    Split,
    did_you_mean,
    open_regular,
    quoted_list,
    read_arrays,
    read_table,
    select_features,
    shown_path,
)
from qfusion_datasets.labels import class_indices
from qfusion_datasets.options import FileOptions
from qfusion_datasets.row_numbers import require_names, require_no_row_numbers

if TYPE_CHECKING:
    import pandas as pd

USUAL_LABELS = ("label", "target", "class", "y")
Whole = tuple[Part, tuple[str, ...], tuple[str, ...], Marks]


class File(Dataset):
    """A CSV, TSV, Parquet or npz file: one row per sample, one column per feature, one of labels.

    An npz holds ``x``, a table or images ``[rows, channels, height, width]``, and labels ``y``.
    Labels may be text or numbers, and are kept as they are written. Features are numbers; missing
    values and text are refused with the column's name, since any way to fill them in changes what
    is measured. Licence and citation are the user's.
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
        self, *, seed: int, class_names: Sequence[str], allow_url: bool = False
    ) -> Split:
        """As `load`, with the classes of the run, whose file was taken for sound when it began."""
        return self._load(seed, class_names)

    def _load(self, seed: int, trained_classes: Sequence[str] | None) -> Split:
        path = self.options.path
        where = shown_path(path)
        images = path.suffix.lower() == ".npz" and self._images(where, trained_classes)
        whole, feature_names, class_names, marks = images or self._table(where, trained_classes)
        try:
            train, validation, test = self.options.split(whole, seed=seed, class_names=class_names)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
        with open_regular(path) as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        source = f"{path}; {len(whole)} rows; sha256 of the file {checksum}"
        return Split(train, validation, test, feature_names, class_names, source, marks)

    def _table(self, where: str, trained_classes: Sequence[str] | None) -> Whole:
        options = self.options
        marks = Marks(options.decimal, options.thousands)
        frame = read_table(options.path, as_text=self._is_no_number, marks=marks)
        for name in options.drop:
            if name not in frame.columns:
                raise InputError(f"{where}: drop: no column {_known(name, frame)}")
        frame = frame.drop(columns=list(options.drop))
        label = self._label(frame, where)
        names = tuple(name for name in frame.columns if name != label)
        if not names:
            raise InputError(
                f"{where}: no feature columns, only {label[:60]!r}; expected at least one"
            )
        if trained_classes is None:
            require_names(names, where)
        y, class_names = class_indices(frame[label], where, trained_classes)
        x = select_features(frame, names, options.path, narrow=True)
        if trained_classes is None:
            require_no_row_numbers(frame, names, where)
        return Part(x, y), names, class_names, frame.attrs.get("marks", Marks())

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

    def _is_no_number(self, name: str) -> bool:
        label = self.options.label
        is_label = name == label if label is not None else name.lower() in USUAL_LABELS
        return is_label or name in self.options.drop

    def _label(self, frame: pd.DataFrame, where: str) -> str:
        label = self.options.label
        if label is not None:
            if label not in frame.columns:
                raise InputError(f"{where}: no label column {_known(label, frame)}")
            return label
        candidates = [name for name in frame.columns if name.lower() in USUAL_LABELS]
        if len(candidates) != 1:
            got = f"several: {quoted_list(candidates, limit=40)}" if candidates else "none"
            raise InputError(
                f"{where}: expected one column called {', '.join(USUAL_LABELS)}, got {got}; name "
                f"the column of the classes with --set data.options.label=COLUMN; "
                f"columns: {quoted_list(frame.columns, limit=60)}"
            )
        return candidates[0]


def _known(name: str, frame: pd.DataFrame) -> str:
    near = did_you_mean(name, frame.columns).partition("known: ")[0]
    return f"{name[:60]!r}; {near}known: {quoted_list(sorted(frame.columns), limit=60)}"
