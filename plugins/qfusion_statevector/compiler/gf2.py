"""Gaussian elimination over GF(2)."""

from __future__ import annotations


def reduce(mask: int, pivots: dict[int, int]) -> int:
    """What is left of a mask after elimination by masks that are keyed by their bit length.

    >>> reduce(0b110, {3: 0b100}), reduce(0b110, {3: 0b101, 2: 0b011})
    (2, 0)
    """
    while mask and mask.bit_length() in pivots:
        mask ^= pivots[mask.bit_length()]
    return mask
