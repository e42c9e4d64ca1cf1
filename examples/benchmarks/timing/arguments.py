"""Values of command-line options."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path


def numbers(low: int, high: int) -> Callable[[str], list[int]]:
    """Numbers and ranges of them, between two limits.

    >>> numbers(1, 20)("4-6,9")
    [4, 5, 6, 9]
    """

    def parse(text: str) -> list[int]:
        found: list[int] = []
        for part in text.split(","):
            first, _, last = part.partition("-")
            try:
                found += range(int(first), int(last or first) + 1)
            except ValueError:
                raise argparse.ArgumentTypeError(f"{part!r}: expected 9, or 4-9") from None
        if not found or not low <= min(found) <= max(found) <= high:
            raise argparse.ArgumentTypeError(f"{text!r}: expected numbers from {low} to {high}")
        return list(dict.fromkeys(found))

    return parse


def positive(text: str) -> int:
    """A number of 1 or more."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of 1 or more")
    return int(text)


def names(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Names out of a list, separated by commas."""

    def parse(text: str) -> list[str]:
        for name in text.split(","):
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r}: expected some of {', '.join(known)}")
        return list(dict.fromkeys(text.split(",")))

    return parse


def new_file(text: str) -> Path:
    """A file to write: refused now, not after an hour, where its folder is missing."""
    path = Path(text)
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r}: there is no folder {path.parent}")
    return path
