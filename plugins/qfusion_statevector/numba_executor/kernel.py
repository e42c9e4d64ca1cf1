"""How the kernels are compiled: without the interpreter's lock, and kept on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba

from qfusion_core import private_cache

config: Any = numba.config  # it makes its names when it is imported
njit: Any = numba.njit  # its types do not know all of its options

# sums over a state are made of sums of so many terms: in float32 a long one loses digits
BLOCK = 256


def kernel(function: Callable[..., Any]) -> Any:
    """Compiled for each precision when it is first called; seconds once, then read from disk.

    What is read is run: it lies where nobody else can write.
    """
    return _compiled(function, no_cfunc_wrapper=True)


def inner_kernel(function: Callable[..., Any]) -> Any:
    """A `kernel` that only kernels call: to compile its way in from Python would take seconds.

    Called from Python it ends the process.
    """
    return _compiled(function, no_cfunc_wrapper=True, no_cpython_wrapper=True)


def _compiled(function: Callable[..., Any], **options: bool) -> Any:
    chosen, config.CACHE_DIR = config.CACHE_DIR, str(cache_folder())
    try:
        return njit(function, error_model="numpy", nogil=True, cache=True, **options)
    except RuntimeError:  # no folder that can be written to: compiled anew in each process
        return njit(function, error_model="numpy", nogil=True, **options)
    finally:
        config.CACHE_DIR = chosen


@cache
def cache_folder() -> Path:
    """Where kernels are kept: as numba is told, if nobody else may write there."""
    return private_cache("numba", os.environ.get("NUMBA_CACHE_DIR"))
