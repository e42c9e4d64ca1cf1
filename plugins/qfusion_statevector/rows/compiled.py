"""How the kernels are compiled: without the interpreter's lock, and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

# sums over a state are made of sums of so many terms: in float32 a long one loses digits
BLOCK = 256


def kernel(function: Callable[..., Any]) -> Any:
    """Compiled for each precision when it is first called; seconds once, then read from disk."""
    try:
        return numba.njit(function, error_model="numpy", nogil=True, cache=True)
    except RuntimeError:  # no folder that can be written to: compiled anew in each process
        return numba.njit(function, error_model="numpy", nogil=True)
