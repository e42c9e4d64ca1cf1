"""Numbers in the narrowest type that holds each of them exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_INTEGERS = (np.int8, np.int16, np.int32)


def narrowest(values: NDArray[Any]) -> NDArray[Any]:
    """Integers in as few bytes as they need, others in float32 where that loses nothing.

    >>> narrowest(np.array([1, 300])).dtype, narrowest(np.array([0.5])).dtype
    (dtype('int16'), dtype('float32'))
    >>> narrowest(np.array([0.1])).dtype, narrowest(np.array([2**63], dtype=np.uint64)).dtype
    (dtype('float64'), dtype('uint64'))
    """
    if values.dtype.kind in "iu":
        low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
        for kind in _INTEGERS:
            if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
                return values.astype(kind, copy=False)
        return values
    return exact_float(values) if values.dtype.kind == "f" else values


def exact_float(values: NDArray[Any]) -> NDArray[Any]:
    """Numbers in float32 if that holds each of them exactly, else in float64.

    >>> exact_float(np.array([1700000000])).dtype, exact_float(np.array([255])).dtype
    (dtype('float64'), dtype('float32'))
    """
    if values.dtype.itemsize <= 2 or values.dtype == np.float32:
        return values.astype(np.float32, copy=False)
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    wide = values.astype(np.float64, copy=False)
    same = short == wide
    return short if bool(np.all(same | np.isnan(short))) else wide
