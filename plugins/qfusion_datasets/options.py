"""Options of the data sets: which rows and columns, how to split them, where to get them from."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

import qfusion_core

if TYPE_CHECKING:
    from qfusion_core import Part


def _share_or_rows(value: float) -> float:
    if not math.isfinite(value) or (value >= 1 and value != int(value)):
        raise ValueError("expected a share below 1, or a whole number of rows")
    return int(value) if value >= 1 else value


def comma_separated(value: Any) -> Any:
    """``"a,b"`` as ``["a", "b"]``, for options written on the command line."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return [value] if isinstance(value, int) else value


def _column_name(value: Any, info: ValidationInfo) -> Any:
    """In Python a column called 4 may be named by the number; YAML gives names as written there."""
    if type(value) in (int, float) and info.context is None:
        value = str(value)
    return value.strip() if isinstance(value, str) else value


ColumnName = Annotated[str, BeforeValidator(_column_name)]


def absolute_path(path: Path) -> Path:
    """A path that means the same from everywhere; ``~`` is the user's folder.

    Raises:
        ValueError: There is no such user, or the working directory is gone.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"no home folder is known for {path.parts[0]!r}") from None
    except OSError:
        raise ValueError("the working directory is gone; give the path from / on") from None


class TableOptions(qfusion_core.Options):
    """Of a table without an official split."""

    test: Annotated[int | float, AfterValidator(_share_or_rows)] = Field(
        default=0.2, gt=0, description="share (below 1) or number of rows of the test part"
    )
    validation: float = Field(
        default=0.15, gt=0, le=0.5, description="share of the training part, for early stopping"
    )
    train: int | None = Field(
        default=None,
        ge=2,
        description="rows of the training part, validation included; default: all but the test",
    )

    def split(
        self, whole: Part, *, seed: int, class_names: tuple[str, ...]
    ) -> tuple[Part, Part, Part]:
        """Training, validation and test part; the test part is the same with any validation."""
        return qfusion_core.train_validation_test(
            whole,
            seed=seed,
            test=self.test,
            validation=self.validation,
            train=self.train,
            class_names=class_names,
        )


class DownloadOptions(qfusion_core.Options):
    """Of a data set that does not come with a package."""

    extract: bool = Field(
        default=False,
        description="the few hundred rows that ship with the plugin instead of the data set: "
        "for trying things out without a network, not for scores",
    )
    url: str | None = Field(
        default=None,
        pattern="^https?://",
        max_length=2000,
        description="folder to download the publisher's files from, instead of the publisher",
    )
    timeout: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="seconds without an answer after which a download fails",
    )


class PublishedTableOptions(TableOptions, DownloadOptions):
    """How to split it, and where to get it from."""


def _distinct(classes: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(classes)) < max(2, len(classes)) or not set(classes) <= set(range(10)):
        raise ValueError("expected two or more different classes from 0 to 9, as in 0,1,2")
    return classes


def _digits(value: Any) -> Any:
    """``"0,1,2"`` is a text, whose parts are numbers all the same."""
    items = comma_separated(value)
    if not isinstance(items, list | tuple):
        return items
    return [int(item) if _is_digit(item) else item for item in items]


def _is_digit(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10


class FashionMNISTOptions(DownloadOptions):
    """Which images, and where to get them from."""

    classes: Annotated[tuple[int, ...], BeforeValidator(_digits), AfterValidator(_distinct)] = (
        Field(
            default=tuple(range(10)),
            description="a subset, renumbered from 0 in the order given, as in 0,1,2",
        )
    )
    train: int | None = Field(
        default=None, ge=2, description="training images, validation included; default: all"
    )
    test: int | None = Field(
        default=None, ge=2, description="images of the official test part; default: all"
    )
    validation: float = Field(default=0.15, gt=0, le=0.5, description="share of the training part")


def _share_none_or_file(value: int | float | str) -> int | float | str:
    if not isinstance(value, str):
        return _share_or_rows(value)
    if value == "none":
        return value
    if not value.lower().endswith((".csv", ".tsv", ".parquet")):
        raise ValueError("expected a share below 1, a number of rows, none, or a table of its own")
    return str(absolute_path(Path(value)))


class FileOptions(TableOptions):
    """Which file, and which columns of it."""

    test: Annotated[
        Annotated[int | float, Field(gt=0)] | str, AfterValidator(_share_none_or_file)
    ] = Field(  # type: ignore[assignment]
        default=0.2,
        description="share (below 1) or number of rows of the test part; none; or the file with it",
    )

    path: Annotated[Path, AfterValidator(absolute_path)] = Field(
        description="a file .csv, .tsv, .parquet or .npz"
    )
    label: ColumnName | None = Field(
        default=None,
        description="column of the classes; default: the only one called label, target, class or y",
    )
    drop: Annotated[tuple[ColumnName, ...], BeforeValidator(comma_separated)] = Field(
        default=(), description="columns to leave out, as in id,date"
    )
    categorical: Annotated[tuple[ColumnName, ...], BeforeValidator(comma_separated)] = Field(
        default=(), description="columns of numbers that are names of categories, as in zip,month"
    )
    most_levels: int = Field(
        default=32, ge=2, le=10_000, description="of a category; of more the rarest become one"
    )
    hide_levels: float = Field(
        default=0.05,
        ge=0,
        le=0.5,
        description="share of cells with categories that training hides, so that a level which it "
        "never saw means something",
    )
    decimal: Literal[".", ","] | None = Field(
        default=None,
        description="decimal mark of numbers in a CSV or TSV; default: as the file shows",
    )
    thousands: Literal[".", ",", " ", "'"] | None = Field(
        default=None,
        description="mark that groups digits by three in a CSV or TSV; default: none",
    )

    channels: Literal["first", "last"] | None = Field(
        default=None,
        description="axis of the channels in images [rows, ., ., .]; default: first",
    )

    @property
    def test_file(self) -> Path | None:
        """With the rows of the test, where they have a file of their own."""
        own = isinstance(self.test, str) and self.test != "none"
        return Path(str(self.test)) if own else None
