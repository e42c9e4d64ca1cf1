"""Matrices on neighbouring position bits: one product for three bits moves the state once."""

from __future__ import annotations

import torch
from torch import Tensor

WIDTH = 3  # 8 x 8 matrices: wider ones gain nothing more


class SpareState:
    """Memory of a state that is no longer needed, for the next one.

    States are large: without it each pass would ask the system for fresh pages.
    """

    def __init__(self) -> None:
        self._memory: Tensor | None = None

    def take(self, like: Tensor) -> Tensor:
        """A tensor of the same kind, without contents."""
        memory, self._memory = self._memory, None
        if memory is not None and memory.shape == like.shape:
            return memory
        return torch.empty_like(like, memory_format=torch.contiguous_format)

    def keep(self, state: Tensor) -> None:
        """Give a state away."""
        self._memory = state


def multiply(matrix: Tensor, state: Tensor, above: int, spare: SpareState | None = None) -> Tensor:
    """A real matrix on some bits of a state.

    Args:
        matrix: ``[d, d]``, real.
        state: ``[copies, 2^n, batch]``, real or complex.
        above: Number of basis states of the bits above.
        spare: Where the memory of the product comes from; without it, torch can differentiate.
    """
    view = rows_of(state, len(matrix), above)
    factor = matrix.expand(len(view), -1, -1)
    if spare is not None:
        product = spare.take(state)
        torch.bmm(factor, view, out=rows_of(product, len(matrix), above))
        return product
    product = torch.bmm(factor, view)
    if state.is_complex():
        return torch.view_as_complex(product.view(*state.shape, 2))
    return product.view_as(state)


def rows_of(state: Tensor, size: int, above: int) -> Tensor:
    """``[copies * left, size, rest]``, real: one row for each state of some bits."""
    real = torch.view_as_real(state) if state.is_complex() else state
    return real.reshape(state.shape[0] * above, size, -1)


def windows(count: int, bits: int) -> list[tuple[int, list[int | None]]]:
    """Windows that cover the ``count`` highest of ``bits`` position bits.

    Returns:
        For each window the number of basis states above it, and for each of its bits, the highest
        first, the number of that bit among the ``count``, or None where the bit is another's.

    >>> windows(4, 5)
    [(1, [0, 1, 2]), (4, [None, 3, None])]
    """
    width = min(WIDTH, bits)
    spans: list[tuple[int, list[int | None]]] = []
    for first in range(0, count, width):
        start = min(first, bits - width)
        members = range(start, start + width)
        spans.append((1 << start, [bit if first <= bit < count else None for bit in members]))
    return spans


def even_widths(bits: int, most: int = 4) -> list[int]:
    """Widths of as few windows as cover so many bits, as even as they can be.

    >>> even_widths(9), even_widths(7), even_widths(2)
    ([3, 3, 3], [4, 3], [2])
    """
    count = -(-bits // most)
    return [bits // count + (number < bits % count) for number in range(count)]


def kronecker(factors: Tensor) -> Tensor:
    """``[windows, bits, 2, 2]`` to ``[windows, 2**bits, 2**bits]``, first bit highest."""
    result = factors[:, 0]
    for bit in range(1, factors.shape[1]):
        right = factors[:, bit, None, :, None, :]
        result = (result[:, :, None, :, None] * right).flatten(3, 4).flatten(1, 2)
    return result


def product_state(factors: Tensor) -> Tensor:
    """``[bits, 2, batch]`` to ``[2**bits, batch]``, first bit highest; neighbours pair up."""
    if len(factors) == 1:
        return factors[0]
    even = len(factors) // 2 * 2
    pairs = factors[0:even:2, :, None] * factors[1:even:2, None]
    state = product_state(pairs.flatten(1, 2))
    if even < len(factors):
        state = (state[:, None] * factors[-1]).flatten(0, 1)
    return state


class Hadamard:
    """The Walsh-Hadamard transform over the ``count`` highest bits: sums with all signs."""

    def __init__(
        self, count: int, bits: int, dtype: torch.dtype, device: torch.device, *, unitary: bool
    ) -> None:
        """Build the matrices, real.

        Args:
            count: Bits that are transformed.
            bits: Of the states.
            dtype: Of the matrices: float32 or float64.
            device: Where they live.
            unitary: Scale to unitary, which makes it its own inverse; plain sums otherwise.
        """
        two = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=dtype, device=device)
        if unitary:
            two = two / 2**0.5
        self._windows: list[tuple[int, Tensor]] = []
        above = 1
        for width in even_widths(count):
            matrix = kronecker(two.expand(1, width, 2, 2))[0]
            if count == 1 < bits:  # products of 2 x 2 matrices are slower than of 4 x 4
                matrix = torch.kron(matrix, torch.eye(2, dtype=dtype, device=device))
            self._windows.append((above, matrix))
            above <<= width

    def __call__(self, state: Tensor, spare: SpareState | None = None) -> Tensor:
        """``[copies, 2^n, batch]`` to the same; with ``spare`` the state itself is given away."""
        for above, matrix in self._windows:
            product = multiply(matrix, state, above, spare)
            if spare is not None:
                spare.keep(state)
            state = product
        return state
