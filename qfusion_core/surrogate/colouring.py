"""Which data entries are varied in the same rows: those that no word sees together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Colours = tuple[int | None, ...]


def colour(of_words: Sequence[Sequence[int]]) -> Colours:
    """A colour for each entry: two that one word sees have different ones.

    Entries of a high degree share colours, so that the others need not have as many points. Two
    greedy orders are tried, and the smaller grid is taken.

    Args:
        of_words: Degrees ``[n_words][n_data]``.

    Returns:
        Numbers from 0; None for an entry that no word sees.

    >>> colour([(1, 1, 0), (0, 1, 1)])
    (0, 1, 0)
    """
    if not of_words:
        return ()
    largest = [max(column) for column in zip(*of_words, strict=True)]
    seen = [entry for entry, degree in enumerate(largest) if degree]
    beside: dict[int, set[int]] = {entry: set() for entry in seen}
    for word in of_words:
        together = {entry for entry in seen if word[entry]}
        for entry in together:
            beside[entry] |= together - {entry}

    def in_order(given: dict[int, int]) -> int:
        return min(beside.keys() - given.keys(), key=lambda entry: (-largest[entry], entry))

    def most_bound(given: dict[int, int]) -> int:
        """Of the highest degree that with the most colours around it (Brelaz, 1979)."""

        def rank(entry: int) -> tuple[int, int, int, int]:
            around = {given[other] for other in beside[entry] if other in given}
            return -largest[entry], -len(around), -len(beside[entry]), entry

        return min(beside.keys() - given.keys(), key=rank)

    found = [_greedy(beside, order) for order in (in_order, most_bound)]
    best = min(found, key=lambda given: math.prod(sizes(given, largest)))
    return tuple(best.get(entry) for entry in range(len(largest)))


def sizes(given: dict[int, int], largest: Sequence[int]) -> list[int]:
    """Points of each colour: as many as the highest degree in it asks for."""
    points = [1] * (1 + max(given.values(), default=-1))
    for entry, number in given.items():
        points[number] = max(points[number], 2 * largest[entry] + 1)
    return points


def _greedy(
    beside: dict[int, set[int]], following: Callable[[dict[int, int]], int]
) -> dict[int, int]:
    given: dict[int, int] = {}
    while len(given) < len(beside):
        entry = following(given)
        around = {given[other] for other in beside[entry] if other in given}
        given[entry] = next(number for number in range(len(given) + 1) if number not in around)
    return given
