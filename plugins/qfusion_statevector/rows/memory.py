"""Memory that kernels can load rows from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import NDArray

from qfusion_statevector.rows.simd import CACHE_LINE


def aligned(dtype: torch.dtype, *shapes: Sequence[int]) -> list[NDArray[Any]]:
    """Arrays without contents that each start on a cache line, out of one allocation.

    torch's memory starts on a cache line; numpy promises no such thing.

    >>> [array.shape for array in aligned(torch.float32, (3, 16), (5,))]
    [(3, 16), (5,)]
    """
    lanes = CACHE_LINE // dtype.itemsize
    sizes = [math.prod(shape) for shape in shapes]
    starts = [0]
    for size in sizes:
        starts.append(starts[-1] + -(-size // lanes) * lanes)
    memory = torch.empty(starts[-1], dtype=dtype).numpy()
    return [
        memory[start : start + size].reshape(shape)
        for start, size, shape in zip(starts, sizes, shapes, strict=False)
    ]
