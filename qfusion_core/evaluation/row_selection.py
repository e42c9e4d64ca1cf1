"""Which rows are evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qfusion_core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from qfusion_core.data.split import Part


def draw_rows(rows: int, samples: int | None, seed: int) -> NDArray[np.int64]:
    """Positions of all rows, or of ``samples`` of them, drawn by the seed, in their order.

    Raises:
        InputError: More samples than rows.
    """
    import numpy as np

    if samples is None:
        return np.arange(rows)
    if not 1 <= samples <= rows:
        raise InputError(f"samples {samples}: expected 1 to {rows}, the rows of the file")
    return np.sort(np.random.default_rng(seed).permutation(rows)[:samples])


def choose_rows(
    part: Part, samples: int | None, seed: int, name: str = "test part", least: int = 1
) -> Part:
    """All rows, or a stratified draw of ``samples`` of them.

    Classes get their share of the samples, the largest remainders one more; the same seed draws the
    same rows, in the order of the part.

    Args:
        part: The rows to choose from.
        samples: How many; all for None.
        seed: Of the draw.
        name: What errors call the part.
        least: Fewest samples.

    Raises:
        InputError: More samples than rows, or fewer than the least.
    """
    import numpy as np

    if samples is None or samples == len(part):
        return part
    if not least <= samples <= len(part):
        most = len(part)
        raise InputError(f"samples {samples}: expected {least} to {most}, the rows of the {name}")
    counts = np.bincount(part.y)
    shares = counts * samples / len(part)
    quotas = np.floor(shares).astype(int)
    for index in np.argsort(-(shares - quotas), kind="stable")[: samples - quotas.sum()]:
        quotas[index] += 1
    random = np.random.default_rng(seed)
    chosen = [
        random.permutation(np.flatnonzero(part.y == index))[:count]
        for index, count in enumerate(quotas)
    ]
    return part[np.sort(np.concatenate(chosen))]
