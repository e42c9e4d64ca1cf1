"""What a training learned of the columns of a table: how a cell becomes numbers, then and later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from qfusion_core.options import Options
from qfusion_core.printable import one_line, shortened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MISSING = ""  # the level of cells without a value
LONGEST_LEVEL = 1_000  # characters
MOST_LEVELS = 10_000
_SHOWN = 3  # columns of a kind that are named


class TableColumn(Options):
    """A column as the training part had it: numbers, or categories.

    Attributes:
        name: In the table.
        levels: Of a category, in their order; `MISSING` among them where cells had no value. None:
            the column holds numbers.
        rare: How many further levels are one, ``other``, which stands behind them.
        median: Of numbers: what a cell without a value gets.
        gaps: Of numbers: whether there were such cells; then one more feature says where.
    """

    name: str
    levels: tuple[str, ...] | None = Field(default=None, max_length=MOST_LEVELS)
    rare: int = Field(default=0, ge=0)
    median: float | None = None
    gaps: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.levels is None) == (self.median is None):
            raise ValueError(f"column {shortened(self.name, 40)!r}: either levels or a median")
        if self.levels is not None and len(set(self.levels)) < len(self.levels):
            raise ValueError(f"column {shortened(self.name, 40)!r}: a level stands twice")
        return self

    @model_serializer(mode="wrap")
    def _short(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what is as it mostly is: a run may have a thousand columns."""
        fields = type(self).model_fields
        return {k: v for k, v in whole(self).items() if k == "name" or v != fields[k].default}

    @property
    def width(self) -> int:
        """How many features it gives: a number and its gaps, or one for each level."""
        if self.levels is None:
            return 1 + self.gaps
        return len(self.levels) + (self.rare > 0)


def width_of(columns: Sequence[TableColumn]) -> int:
    """How many features all of them give."""
    return sum(column.width for column in columns)


def places(columns: Sequence[TableColumn]) -> Iterator[tuple[TableColumn, slice]]:
    """Each column with where its features stand among all."""
    ends = list(accumulate(column.width for column in columns))
    for column, end in zip(columns, ends, strict=True):
        yield column, slice(end - column.width, end)


def plain_columns(names: Sequence[str], x: NDArray[np.floating[Any]]) -> tuple[TableColumn, ...]:
    """Columns of one number each, as the training part ``x [rows, columns]`` has them."""
    import numpy as np

    medians = np.median(x, axis=0).tolist() if len(names) else []
    pairs = zip(names, medians, strict=True)
    return tuple(TableColumn(name=name, median=median) for name, median in pairs)


def are_plain(columns: Sequence[TableColumn]) -> bool:
    """Whether each is one number in every row of the training part."""
    return all(column.levels is None and not column.gaps for column in columns)


def in_a_line(columns: Sequence[TableColumn]) -> str:
    """What became of a table, for the user; a line.

    >>> in_a_line([TableColumn(name="age", median=3.0, gaps=True),
    ...            TableColumn(name="city", levels=("Bonn", "Rome"), rare=7)])
    '1 column of numbers (age has gaps: median and a flag), 1 of categories (city: 2 levels, \
7 rare ones are one): 5 features'
    """
    numbers = [column for column in columns if column.levels is None]
    categories = [column for column in columns if column.levels is not None]
    gaps = [column.name for column in numbers if column.gaps]
    parts = []
    if numbers:
        have = f" ({_names(gaps)} {'has' if len(gaps) == 1 else 'have'} gaps: median and a flag)"
        parts.append(f"{_count(len(numbers), 'column')} of numbers{have if gaps else ''}")
    if categories:
        word = f"{len(categories)} of" if numbers else f"{_count(len(categories), 'column')} of"
        parts.append(f"{word} categories ({_levels(categories)})")
    return f"{', '.join(parts)}: {width_of(columns)} features"


def _count(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"


def _names(names: Sequence[str]) -> str:
    shown = [one_line(name, 30) for name in names[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - _SHOWN} more" if names[_SHOWN:] else "")


def _levels(columns: Sequence[TableColumn]) -> str:
    """The widest first; those with rare levels are all named."""
    by_width = sorted(columns, key=lambda column: (not column.rare, -column.width))
    most = max(_SHOWN, sum(column.rare > 0 for column in columns))
    shown = [
        f"{one_line(column.name, 30)}: {_count(len(column.levels or ()), 'level')}"
        + (f", {column.rare} rare ones are one" if column.rare else "")
        for column in by_width[:most]
    ]
    return "; ".join(shown) + (f"; {len(columns) - most} more" if columns[most:] else "")
