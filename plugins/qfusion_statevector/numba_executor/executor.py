"""A circuit, whole or cut into cones, run by the kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeVar

import torch
from torch import Tensor

from qfusion_statevector.cut import Cut
from qfusion_statevector.numba_executor.compiling import said_if_long
from qfusion_statevector.numba_executor.cone_kernels import ConeKernels

# a thread takes about 0.1 ms to start: fewer row operations than this are not shared out
WORTH_A_THREAD = 2_000_000

Span = tuple[int, int, int]
"""Number of a shape; its first chunk, and the one after the last."""
T = TypeVar("T")


class NumbaExecutor:
    """Runs one circuit in one precision on the CPU.

    Safe to be called from several threads: what a call writes to is its own.
    """

    def __init__(self, cut: Cut, dtype: torch.dtype) -> None:
        """Build the tables.

        Args:
            cut: What to run.
            dtype: float32 or float64.
        """
        self.dtype = dtype
        self._n_words = len(cut.words)
        self._entries = cut.circuit.n_data, cut.circuit.n_weights
        self._shapes = [ConeKernels(shape, dtype) for shape in cut.shapes]
        self._shares = lru_cache(maxsize=8)(self._share_out)  # by batch and threads
        self._called = {"forward": False, "backward": False}

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and what `backward` needs (nothing if not ``keep``)."""
        with self._first("forward"):
            return self._forward(data, weights, keep)

    def _forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        entries = data.contiguous().numpy(), weights.contiguous().numpy()
        settled = [shape.settle(*entries, keep) for shape in self._shapes]
        out = torch.empty(len(data), self._n_words, dtype=self.dtype, device="cpu")
        values = out.numpy()

        def run(spans: Sequence[Span]) -> None:
            for number, first, last in spans:
                self._shapes[number].forward(settled[number], first, last, values)

        self._share(run, len(data))
        # as tensors: torch frees them when it has gone back through them
        return out, tuple(angles.memory for angles in settled) if keep else ()

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""
        out_gradient = gradient.contiguous().resolve_neg().numpy()
        n_data, n_weights = self._entries
        sizes = (len(out_gradient) if of_data else 0, n_data), (n_weights if of_weights else 0,)

        def run(spans: Sequence[Span]) -> list[Tensor]:
            sums = [torch.zeros(*size, dtype=self.dtype, device="cpu") for size in sizes]
            dx, dw = (part.numpy() for part in sums)
            for number, first, last in spans:
                self._shapes[number].backward(saved[number], first, last, out_gradient, dx, dw)
            return sums

        with self._first("backward"):
            (dx, dw), *others = self._share(run, len(out_gradient))
        for of_x, of_w in others:
            dx += of_x
            dw += of_w
        return dx if of_data else None, dw if of_weights else None

    def _first(self, way: str) -> AbstractContextManager[None]:
        """Around a call that may have to compile; nothing around later ones."""
        if self._called[way]:
            return nullcontext()
        self._called[way] = True
        return said_if_long()

    def _share(self, run: Callable[[Sequence[Span]], T], batch: int) -> list[T]:
        """Run all chunks, in as many threads as torch may use and as pay."""
        shares = self._shares(batch, torch.get_num_threads())
        if len(shares) == 1:
            return [run(shares[0])]
        with ThreadPoolExecutor(len(shares)) as pool:  # made anew: threads do not survive a fork
            return list(pool.map(run, shares))

    def _share_out(self, batch: int, most: int) -> list[list[Span]]:
        chunks = [shape.chunks(batch) for shape in self._shapes]
        works = [shape.work for shape in self._shapes]
        work = sum(count * each for count, each in zip(chunks, works, strict=True))
        return spans(chunks, works, min(most, sum(chunks), 1 + work // WORTH_A_THREAD))


def spans(chunks: Sequence[int], works: Sequence[int], threads: int) -> list[list[Span]]:
    """Chunks in their order, in as many parts of about equal work.

    Args:
        chunks: Of each shape.
        works: Of one chunk of each shape.
        threads: Number of parts.

    >>> spans([4, 2], [1, 2], 2)
    [[(0, 0, 4)], [(1, 0, 2)]]
    """
    ends = [0, *accumulate(count * each for count, each in zip(chunks, works, strict=True))]
    shares: list[list[Span]] = []
    for thread in range(threads):
        low, high = (ends[-1] * edge // threads for edge in (thread, thread + 1))
        share = []
        for number, (count, each) in enumerate(zip(chunks, works, strict=True)):
            # a chunk belongs to the part in which it begins
            first, last = (
                min(max(0, -(-(edge - ends[number]) // each)), count) for edge in (low, high)
            )
            if first < last:
                share.append((number, first, last))
        shares.append(share)
    return shares
