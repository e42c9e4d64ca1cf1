"""What an object of ours holds, as somebody sees it who prints it."""

from collections.abc import Iterator
from typing import Any


def shown(thing: Any) -> Iterator[str]:
    """Its text and its attributes', and so on for every object of ours among them."""
    seen, left = set(), [thing]
    while left:
        each = left.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield repr(each)
        if type(each).__module__.startswith("qfusion_") and hasattr(each, "__dict__"):
            yield repr(vars(each))
            left += vars(each).values()
