"""The rows of a run's test part that a verb looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qfusion_core.config.shell_command import shell_command
from qfusion_core.errors import InputError
from qfusion_core.evaluation.row_selection import choose_rows
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import shown_path
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

    Raises:
        InputError: The run has no test part, or fewer rows in it.
    """
    part = folder.load_split(registry, allow_url=allow_url).test
    if not len(part):
        raise InputError(
            f"{shown_path(folder.path)}: was trained without a test part (data.options.test: none),"
            " so there are no rows to score; train with one, or classify rows of a file with "
            f"`{shell_command('predict', folder.path, 'FILE')}`"
        )
    return choose_rows(part, samples, seed)
