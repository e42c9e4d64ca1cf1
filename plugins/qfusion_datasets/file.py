"""The user's own table or images."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from qfusion_core import (
    Dataset,
    InputError,
    Part,
    Split,
    did_you_mean,
    features,
    listing,
    read_arrays,
    read_table,
)
from qfusion_datasets.labels import class_indices
from qfusion_datasets.options import TableOptions, comma_separated

if TYPE_CHECKING:
    import pandas as pd

USUAL_LABELS = ("label", "target", "class", "y")


def _column_name(value: Any, info: ValidationInfo) -> Any:
    """In Python a column called 4 may be named by the number; YAML gives names as written there."""
    return str(value) if type(value) in (int, float) and info.context is None else value


ColumnName = Annotated[str, BeforeValidator(_column_name)]


class File(Dataset):
    """A CSV, TSV, Parquet or npz file: one row per sample, one column per feature, one of labels.

    An npz holds ``x``, a table or images ``[rows, channels, height, width]``, and labels ``y``.
    Labels may be text or numbers. Features are numbers; missing values and text are refused with
    the column's name, since any way to fill them in changes what is measured. Licence and
    citation are the user's.
    """

    name: ClassVar[str] = "file"

    class Options(TableOptions):
        """Which file, and which columns of it."""

        path: Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] = Field(
            description="a file .csv, .tsv, .parquet or .npz"
        )
        label: ColumnName | None = Field(
            default=None,
            description="column of the classes; default: the only one called label, target, "
            "class or y",
        )
        drop: Annotated[tuple[ColumnName, ...], BeforeValidator(comma_separated)] = Field(
            default=(), description="columns to leave out, as in id,date"
        )

    @classmethod
    def example(cls) -> Options:
        """The Wine table as a CSV file."""
        return cls.Options(path=Path(__file__).parent / "extracts" / "wine.csv")

    def __init__(self, options: Options) -> None:
        self.options = options

    def load(self, *, seed: int) -> Split:
        """Read, check and split the file; see `TableOptions` for the split.

        Raises:
            InputError: The file, a column or the labels cannot be used: says which, and why.
        """
        path = self.options.path
        images = path.suffix.lower() == ".npz" and read_arrays(path)[0].ndim == 4
        whole, feature_names, class_names = self._images() if images else self._table()
        try:
            parts = self.options.split(whole, seed=seed, class_names=class_names)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        source = f"{path}; {len(whole)} rows; sha256 of the file {checksum}"
        return Split(*parts, feature_names, class_names, source)

    def _table(self) -> tuple[Part, tuple[str, ...], tuple[str, ...]]:
        path = self.options.path
        frame = read_table(path)
        for name in self.options.drop:
            if name not in frame.columns:
                known = did_you_mean(name, frame.columns)
                raise InputError(f"{path}: drop: no column {name!r}; {known}")
        frame = frame.drop(columns=list(self.options.drop))
        label = self._label(frame)
        names = tuple(name for name in frame.columns if name != label)
        if not names:
            raise InputError(f"{path}: no feature columns, only {label!r}; expected at least one")
        if unnamed := [name for name in names if name.startswith("Unnamed: ")]:
            raise InputError(
                f"{path}: a column has no name, perhaps the row numbers that pandas writes, which "
                f"would tell the class of sorted rows; name it, or leave it "
                f"out: --set 'data.options.drop={json.dumps(unnamed)}'"
            )
        y, class_names = class_indices(frame[label], path)
        return Part(features(frame, names, path), y), names, class_names

    def _images(self) -> tuple[Part, tuple[str, ...], tuple[str, ...]]:
        import pandas as pd

        x, y = read_arrays(self.options.path)
        if y is None:
            raise InputError(f"{self.options.path}: expected labels y [rows], got only x")
        indices, class_names = class_indices(pd.Series(y, name="y"), self.options.path)
        return Part(x, indices), (), class_names

    def _label(self, frame: pd.DataFrame) -> str:
        path, label = self.options.path, self.options.label
        if label is not None:
            if label not in frame.columns:
                known = did_you_mean(label, frame.columns)
                raise InputError(f"{path}: no label column {label!r}; {known}")
            return label
        found = [name for name in frame.columns if name.lower() in USUAL_LABELS]
        if len(found) != 1:
            got = f"several: {', '.join(found)}" if found else "none"
            raise InputError(
                f"{path}: expected one column called {', '.join(USUAL_LABELS)}, got {got}; name "
                f"the column of the classes with --set data.options.label=COLUMN; "
                f"columns: {listing(frame.columns)}"
            )
        return found[0]
