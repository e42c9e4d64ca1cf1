"""The rows of a run's test part that a verb looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qfusion_core.evaluation.row_selection import choose_rows
from qfusion_core.plugin.registry import Registry
from qfusion_core.runs.folder import RunFolder

if TYPE_CHECKING:
    from qfusion_core.data.split import Part


def describe_rows(samples: int | None, seed: int) -> str:
    """The rows of `rows_of_test_part` in words: the subject of a measurement of them."""
    return "test part" if samples is None else f"test part, {samples} rows, seed {seed}"


def rows_of_test_part(
    folder: RunFolder,
    registry: Registry,
    samples: int | None,
    seed: int,
    *,
    allow_url: bool = False,
) -> Part:
    """All rows of the test part, or a stratified draw of ``samples`` of them.

    Args:
        folder: Of the run.
        registry: Where data sets are looked up.
        samples: How many; all for None.
        seed: Of the draw.
        allow_url: Whether an address that only the folder names may be asked for the data.
    """
    return choose_rows(folder.load_split(registry, allow_url=allow_url).test, samples, seed)
