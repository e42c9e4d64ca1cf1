"""Options that several data sets share: how to split a table, where to get it from."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

import qfusion_core
from qfusion_core import Part, train_validation_test


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
        return train_validation_test(
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
