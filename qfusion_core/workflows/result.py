"""What every verb gives: typed, as JSON, and as what a reader is shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from qfusion_core.printable import printable


class Table(NamedTuple):
    """Columns and rows of a result, to be shown.

    >>> print(Table(("part", "macro F1"), [("test", "1.0000")]))
    part  macro F1
    test  1.0000
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]

    def __str__(self) -> str:
        lines = [[printable(cell) for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(map(len, column)) for column in zip_longest(*lines, fillvalue="")]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


class VerbResult(ABC):
    """What a verb gives. ``print`` shows what the command line does, where that is not CSV."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The document of ``--json``: plain JSON; of ``predict`` that is ``rows`` of it."""

    @abstractmethod
    def shown(self) -> Iterator[Table | str]:
        """Tables and lines, from the first to the last."""

    def __str__(self) -> str:
        return "\n".join(
            str(part) if isinstance(part, Table) else printable(part) for part in self.shown()
        )
