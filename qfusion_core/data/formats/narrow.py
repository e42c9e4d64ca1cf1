"""Numbers in the narrowest type that holds each of them exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FEW = 100
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

    >>> exact_float(np.array([1700000001])).dtype, exact_float(np.array([255])).dtype
    (dtype('float64'), dtype('float32'))
    """
    return values.astype(np.float32 if fits_float32(values) else np.float64, copy=False)


def fits_float32(values: NDArray[Any]) -> bool:
    """Whether float32 holds each of the numbers exactly; a missing one is held by both.

    >>> fits_float32(np.array([0.5, 2**24])), fits_float32(np.array([2**24 + 1]))
    (True, False)
    """
    if values.dtype.itemsize <= 2 or values.dtype == np.float32:
        return True
    return all(_fits(part) for part in (values[:_FEW], values[_FEW:]))  # mostly seen at once


def _fits(values: NDArray[Any]) -> bool:
    with np.errstate(over="ignore"):
        short = values.astype(np.float32)
    wide = values.astype(np.float64, copy=False)
    return bool(np.all((short == wide) | np.isnan(short)))
