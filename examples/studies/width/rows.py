"""Results on disk: one line of JSON for each, written as it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qfusion_core import write_atomically

Row = dict[str, Any]


def read(file: Path) -> list[Row]:
    """All rows, in the order in which they were written; a line that was cut off is left out."""
    if not file.exists():
        return []
    lines = file.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def append(file: Path, row: Row) -> None:
    """Write a row to its end."""
    with file.open("a+") as opened:
        kept = file.read_text()
        opened.truncate(kept.rfind("\n") + 1)  # of a line that was cut off
        opened.write(json.dumps(row) + "\n")
        opened.flush()
        os.fsync(opened.fileno())


def replace(file: Path, found: Iterable[Row]) -> None:
    """Write a whole file of rows."""
    write_atomically(file, "".join(json.dumps(row) + "\n" for row in found))
