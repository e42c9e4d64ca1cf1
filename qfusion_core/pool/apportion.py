"""How many rows each member of a pool gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

Region = tuple[tuple[int, int], tuple[int, ...]]  # rows from the first to before the last; columns


def apportion(rows: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Rows in proportion to weights, whole ones: the largest remainders get one more.

    Where all weights are 0, all count the same.

    >>> apportion(10, {"a": 1, "b": 2})
    {'a': 3, 'b': 7}
    """
    largest = max(weights.values())
    # scaled first: a sum of huge weights may overflow, one of tiny ones vanish
    scaled = {name: weight / largest if largest else 1.0 for name, weight in weights.items()}
    total = sum(scaled.values())
    shares = {name: rows * weight / total for name, weight in scaled.items()}
    counts = {name: int(share) for name, share in shares.items()}
    by_rest = sorted(shares, key=lambda name: counts[name] - shares[name])
    for name in by_rest[: rows - sum(counts.values())]:
        counts[name] += 1
    return counts


def share_out(
    rows: int, weights: Mapping[str, float], most: Callable[[str, int], int]
) -> dict[str, int]:
    """Rows in proportion to weights as far as each can take them; others get what one cannot.

    Args:
        rows: To be shared.
        weights: By member, none negative; one of 0 gets what the others cannot take.
        most: How many of so many rows a member can take.

    Returns:
        Rows of each member; fewer than ``rows`` in all where nobody can take more.
    """
    counts: dict[str, int] = {}
    weights_left = dict(weights)
    while weights_left:
        shares = apportion(rows - sum(counts.values()), weights_left)
        accepted = {name: most(name, share) for name, share in shares.items()}
        full = {name: accepted[name] for name in weights_left if accepted[name] < shares[name]}
        counts |= full or shares
        weights_left = {
            name: weight for name, weight in weights_left.items() if full and name not in full
        }
    return {name: counts[name] for name in weights}


def largest(rows: int, fits: Callable[[int], bool]) -> int:
    """The most of ``rows`` that fit, where fewer fit if more do.

    >>> largest(10, lambda rows: rows <= 7)
    7
    """
    if rows == 0 or fits(rows):
        return rows
    low, high = 0, rows  # low fits, high does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def merge(regions: Sequence[Region]) -> list[Region]:
    """The same regions in fewer pieces: those of the same columns whose rows adjoin are one.

    >>> merge([((4, 6), (0,)), ((0, 4), (0,)), ((0, 6), (1,))])
    [((0, 6), (0,)), ((0, 6), (1,))]
    """
    merged: list[Region] = []
    for rows, columns in sorted(regions, key=lambda region: (region[1], region[0])):
        if merged and merged[-1][1] == columns and merged[-1][0][1] == rows[0]:
            merged[-1] = (merged[-1][0][0], rows[1]), columns
        else:
            merged.append((rows, columns))
    return merged


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers as ranges, both ends included.

    >>> ranges([5, 1, 2, 3])
    [(1, 3), (5, 5)]
    """
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    return runs
