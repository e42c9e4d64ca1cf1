"""A program run by the kernels."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qfusion_statevector.autograd import NotFinite
from qfusion_statevector.compiler.program import Program
from qfusion_statevector.numba_executor.angles import extents, gradients, half_angles, shears
from qfusion_statevector.numba_executor.buffers import BufferLayout
from qfusion_statevector.numba_executor.evolution import backward, forward
from qfusion_statevector.numba_executor.program_tables import first_needed, tables
from qfusion_statevector.numba_executor.simd import CACHE_LINE

# a thread takes about 0.1 ms to start: fewer row operations than this are not shared out
WORTH_A_THREAD = 2_000_000


class _Buffers(NamedTuple):
    """Memory of a call: see `rows.angles` and `rows.evolution`.

    Attributes:
        angles: tangents, sines: of a call that keeps no states.
        kept: tangents, sines, states.
        settling: half angles, base, rows, blocks.
        forward: In each thread: one state, spare, values, small.
        backward: In each thread: psi, lambda, shared and phase gradients, spare, values, small.
        gradients: sampled gradients, rows, blocks.
    """

    angles: BufferLayout
    kept: BufferLayout
    settling: BufferLayout
    forward: BufferLayout
    backward: BufferLayout
    gradients: BufferLayout


class NumbaExecutor:
    """Runs one program in one precision on the CPU.

    Safe to be called from several threads: what a call writes to is its own.
    """

    def __init__(self, program: Program, dtype: torch.dtype) -> None:
        """Build the tables.

        Args:
            program: What to run.
            dtype: float32 or float64.
        """
        self.dtype = dtype
        self._lanes = CACHE_LINE // dtype.itemsize
        self._tables = tables(program, torch.empty(0, dtype=dtype, device="cpu").numpy().dtype)
        self._states = 1 << program.n_wires
        self._first_needed = lru_cache(
            lambda of_data, of_weights: first_needed(self._tables, of_data, of_weights)
        )
        self._layouts = lru_cache(maxsize=8)(self._plan)  # by the number of chunks

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and what `backward` needs (nothing if not ``keep``)."""
        tables, lanes = self._tables, self._lanes
        chunks = -(-data.shape[0] // lanes)
        layouts = self._layouts(chunks)
        layout = layouts.kept if keep else layouts.angles
        memory = layout.memory()
        tangents, sines, *states = layout.split(memory)
        settling = half, *scratch = layouts.settling.take()
        entries = data.contiguous().numpy(), weights.contiguous().numpy()
        if half_angles(tables, *entries, *scratch, chunks, half) != 0:
            raise NotFinite
        np.cos(half, out=tangents)
        np.sin(half, out=sines)
        layouts.settling.give_back(settling)
        shears(tables, tangents, sines, chunks, lanes)
        out = torch.empty(data.shape[0], len(tables.signs), dtype=self.dtype, device="cpu")
        values = out.numpy()

        def run(first: int, last: int) -> None:
            buffers = one, *scratch = layouts.forward.take()
            state = states[0] if keep else one
            forward(tables, chunks, tangents, sines, first, last, state, *scratch, values)
            layouts.forward.give_back(buffers)

        self._share(run, chunks)
        # as a tensor: torch frees it when it has gone back through it
        return out, (memory,) if keep else ()

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""
        tables = self._tables
        chunks = -(-gradient.shape[0] // self._lanes)
        layouts = self._layouts(chunks)
        tangents, sines, states = layouts.kept.split(saved[0])
        out_gradient = gradient.contiguous().resolve_neg().numpy()
        stop = self._first_needed(of_data, of_weights)
        collecting = sampled, rows, blocks = layouts.gradients.take()
        sampled[:] = 0

        def run(first: int, last: int) -> list[NDArray[Any]]:
            buffers = psi, lam, shared, phases, *scratch = layouts.backward.take()
            backward(
                tables, tangents, sines, first, last, stop, states, psi, lam, *scratch,
                out_gradient, shared, sampled, phases,
            )  # fmt: skip
            return buffers

        first, *others = self._share(run, chunks)
        shared, phases = first[2:4]
        for other in others:
            shared += other[2]
            phases += other[3]
        n_data, n_weights = tables.entries
        n_rows = len(out_gradient) if of_data else 0
        dx = torch.empty(n_rows, n_data, dtype=self.dtype, device="cpu")
        dw = torch.empty(n_weights if of_weights else 0, dtype=self.dtype, device="cpu")
        gradients(tables, shared, sampled, phases, blocks, rows, dx.numpy(), dw.numpy())
        layouts.gradients.give_back(collecting)
        for buffers in (first, *others):
            layouts.backward.give_back(buffers)
        return dx if of_data else None, dw if of_weights else None

    def _plan(self, chunks: int) -> _Buffers:
        tables, lanes, size = self._tables, self._lanes, self._states
        angles, row, state = (
            (extents(tables, chunks, lanes)[2],),
            (tables.entries[0], lanes),
            (2 * size, lanes),
        )
        blocks = (-(-tables.diagonals // lanes), size, lanes)
        scratch = ((size, lanes), (len(tables.signs) + 1, lanes), (6, lanes))

        def layout(*shapes: tuple[int, ...]) -> BufferLayout:
            return BufferLayout(self.dtype, *shapes)

        return _Buffers(
            angles=layout(angles, angles),
            kept=layout(angles, angles, (chunks, *state)),
            settling=layout(angles, tables.offsets.shape, row, blocks),
            forward=layout((1, *state), *scratch),
            backward=layout(
                state, state, (tables.shared,), (tables.diagonals, size, lanes), *scratch
            ),
            gradients=layout((chunks * tables.sampled, lanes), row, blocks),
        )

    def _share(self, run: Callable[[int, int], Any], chunks: int) -> list[Any]:
        """Run all chunks, in as many threads as torch may use and as pay."""
        work = chunks * len(self._tables.steps) * self._states
        threads = min(torch.get_num_threads(), chunks, 1 + work // WORTH_A_THREAD)
        if threads == 1:
            return [run(0, chunks)]
        bounds = [chunks * i // threads for i in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:  # made anew: threads do not survive a fork
            return list(pool.map(run, bounds, bounds[1:]))
