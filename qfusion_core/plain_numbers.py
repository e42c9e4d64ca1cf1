"""Numbers as they are written: pydantic takes ``true`` for 1 and ``'100'`` for 100, we do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin


def require_plain(value: Any, annotation: Any) -> None:
    """Refuse a truth value or a text where only numbers are expected, and the reverse.

    Whole numbers may be written as ``1e3``.

    Raises:
        ValueError: Says what was expected, and what was found.

    >>> require_plain([1, 2.5], tuple[float, ...])
    >>> require_plain(True, int | None)
    Traceback (most recent call last):
    ValueError: should be a number, got true
    """
    arms = set(_arms(annotation))
    if arms <= {int, float, bool, NoneType}:
        if isinstance(value, bool) and bool not in arms:
            raise ValueError(f"should be a number, got {str(value).lower()}")
        if isinstance(value, str):
            wanted = "a number" if arms & {int, float} else "true or false"
            raise ValueError(f"should be {wanted}, got the text {value[:60]!r}")
        if isinstance(value, int | float) and bool in arms and not arms & {int, float, type(value)}:
            raise ValueError(f"should be true or false, got {value}")
        return
    for arm in arms:
        origin, inner = get_origin(arm), [each for each in get_args(arm) if each is not Ellipsis]
        if not isinstance(origin, type) or not inner:
            continue
        if isinstance(value, Mapping) and issubclass(origin, Mapping):
            for each in value.values():
                require_plain(each, inner[-1])
        elif isinstance(value, list | tuple) and issubclass(origin, Sequence):
            for place, each in enumerate(value):
                require_plain(each, inner[min(place, len(inner) - 1)])


def _arms(annotation: Any) -> Iterator[Any]:
    """The members of a union, without what is annotated to them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _arms(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for each in get_args(annotation):
            yield from _arms(each)
    else:
        yield annotation
