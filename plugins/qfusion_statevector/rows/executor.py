"""A program run by the kernels."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qfusion_statevector.compiler.program import Program
from qfusion_statevector.rows.angles import extents, gradients, half_angles, shears
from qfusion_statevector.rows.evolution import backward, forward
from qfusion_statevector.rows.memory import aligned
from qfusion_statevector.rows.simd import CACHE_LINE
from qfusion_statevector.rows.tables import first_needed, tables

# a thread takes about 0.1 ms to start: fewer row operations than this are not shared out
WORTH_A_THREAD = 2_000_000


class RowsExecutor:
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
        self._tables = tables(program, torch.empty(0, dtype=dtype).numpy().dtype)
        self._states = 1 << program.n_wires
        self._first_needed = lru_cache(
            lambda of_data, of_weights: first_needed(self._tables, of_data, of_weights)
        )
        size, lanes = self._states, self._lanes
        self._blocks = (-(-self._tables.diagonals // lanes), size, lanes)
        # spare, values and small of `rows.evolution`
        self._scratch = ((size, lanes), (len(self._tables.signs) + 1, lanes), (6, lanes))

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and what `backward` needs (nothing if not ``keep``)."""
        made, lanes = self._tables, self._lanes
        chunks = -(-len(data) // lanes)
        angles = extents(made, chunks, lanes)[2]
        tangents, sines = aligned(self.dtype, (angles,), (angles,))
        half, base, rows, blocks = aligned(
            self.dtype, (angles,), made.offsets.shape, (data.shape[1], lanes), self._blocks
        )
        half_angles(made, data.numpy(), weights.numpy(), base, rows, blocks, chunks, half)
        with np.errstate(invalid="ignore"):  # an infinite angle is refused where it has a name
            np.cos(half, out=tangents)
            np.sin(half, out=sines)
        shears(made, tangents, sines, chunks, lanes)
        out = torch.empty(len(data), len(made.signs), dtype=self.dtype)
        values = out.numpy()
        kept = aligned(self.dtype, (chunks, 2 * self._states, lanes)) if keep else []

        def run(first: int, last: int) -> None:
            states, *scratch = [
                *kept,
                *aligned(
                    self.dtype, *([] if kept else [(1, 2 * self._states, lanes)]), *self._scratch
                ),
            ]
            forward(made, chunks, tangents, sines, first, last, states, *scratch, values)

        self._share(run, chunks)
        return out, (tangents, sines, *kept) if keep else ()

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""
        made, lanes = self._tables, self._lanes
        tangents, sines, states = saved
        chunks, out_gradient = len(states), gradient.contiguous().numpy()
        stop = self._first_needed(of_data, of_weights)
        n_data, n_weights = made.entries
        sampled, rows, blocks = aligned(
            self.dtype, (chunks * made.sampled, lanes), (n_data, lanes), self._blocks
        )
        sampled[:] = 0

        def run(first: int, last: int) -> tuple[NDArray[Any], NDArray[Any]]:
            state = (2 * self._states, lanes)
            of_phases = (made.diagonals, self._states, lanes)
            psi, lam, shared, phases, *scratch = aligned(
                self.dtype, state, state, (made.shared,), of_phases, *self._scratch
            )
            backward(
                made, tangents, sines, first, last, stop, states, psi, lam, *scratch,
                out_gradient, shared, sampled, phases,
            )  # fmt: skip
            return shared, phases

        (shared, phases), *others = self._share(run, chunks)
        for more_shared, more_phases in others:
            shared += more_shared
            phases += more_phases
        dx = torch.empty(len(out_gradient) if of_data else 0, n_data, dtype=self.dtype)
        dw = torch.empty(n_weights if of_weights else 0, dtype=self.dtype)
        gradients(made, shared, sampled, phases, blocks, rows, dx.numpy(), dw.numpy())
        return dx if of_data else None, dw if of_weights else None

    def _share(self, run: Callable[[int, int], Any], chunks: int) -> list[Any]:
        """Run all chunks, in as many threads as torch may use and as pay."""
        work = chunks * len(self._tables.steps) * self._states
        threads = min(torch.get_num_threads(), chunks, 1 + work // WORTH_A_THREAD)
        if threads == 1:
            return [run(0, chunks)]
        bounds = [chunks * i // threads for i in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:  # made anew: threads do not survive a fork
            return list(pool.map(run, bounds, bounds[1:]))
