"""Memory that kernels can load rows from."""

from __future__ import annotations

import math
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from qfusion_statevector.numba_executor.simd import CACHE_LINE

MOST_KEPT = 4 << 20  # bytes


class BufferLayout:
    """Arrays that each start on a cache line, out of one allocation.

    torch's memory starts on a cache line; numpy promises no such thing. Small ones are kept when
    they are given back: to make them takes longer than the arithmetic of a small circuit.
    """

    def __init__(self, dtype: torch.dtype, *shapes: tuple[int, ...]) -> None:
        """Say what is needed.

        Args:
            dtype: Of all arrays.
            shapes: One for each.
        """
        lanes, start = CACHE_LINE // dtype.itemsize, 0
        self._dtype = dtype
        self._places: list[tuple[slice, tuple[int, ...]]] = []
        for shape in shapes:
            size = math.prod(shape)
            self._places.append((slice(start, start + size), shape))
            start += -(-size // lanes) * lanes
        self._size = start
        self._kept: list[list[NDArray[Any]]] | None = (
            [] if start * dtype.itemsize <= MOST_KEPT else None
        )

    def memory(self) -> Tensor:
        """Memory for all arrays."""
        return torch.empty(self._size, dtype=self._dtype, device="cpu")

    def split(self, memory: Tensor) -> list[NDArray[Any]]:
        """The arrays in a `memory`."""
        whole = memory.numpy()
        return [whole[span].reshape(shape) for span, shape in self._places]

    def take(self) -> list[NDArray[Any]]:
        """The arrays, with any contents: nobody else's until they are given back.

        >>> [array.shape for array in BufferLayout(torch.float32, (3, 16), (5,)).take()]
        [(3, 16), (5,)]
        """
        try:
            return self._kept.pop() if self._kept else self.split(self.memory())
        except IndexError:  # another thread took the last
            return self.split(self.memory())

    def give_back(self, arrays: list[NDArray[Any]]) -> None:
        """Arrays from `take`, for the next who takes. Those that are not given back are freed."""
        if self._kept is not None:
            self._kept.append(arrays)
