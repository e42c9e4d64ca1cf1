"""The kernels of cones of one shape, with the memory that they need."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qfusion_statevector.autograd import NotFinite
from qfusion_statevector.cut import ConeShape
from qfusion_statevector.numba_executor.angles import half_angles, shears
from qfusion_statevector.numba_executor.buffers import BufferLayout
from qfusion_statevector.numba_executor.evolution import backward, forward
from qfusion_statevector.numba_executor.program_tables import first_needed, tables
from qfusion_statevector.numba_executor.simd import CACHE_LINE

Array = NDArray[Any]


class _Buffers(NamedTuple):
    """Memory of a call: see `angles` and `evolution`.

    Attributes:
        angles: tangents, sines: of a call that keeps no states.
        kept: tangents, sines, states.
        settling: half angles, base, rows, blocks.
        forward: In each thread: one state, spare, values, small.
        backward: In each thread: psi, lambda, spare, values, small, sums, gradients of the sampled
            angles and of the phases, rows, blocks.
        starts: Of the half angles: first row of the sampled ones, place of the first phase.
    """

    angles: BufferLayout
    kept: BufferLayout
    settling: BufferLayout
    forward: BufferLayout
    backward: BufferLayout
    starts: tuple[int, int]


class Settled(NamedTuple):
    """The angles of a call, with room for the final states if they are kept.

    Attributes:
        memory: Of the arrays.
        arrays: tangents, sines and, if they are kept, the states.
    """

    memory: Tensor
    arrays: list[Array]


class ConeKernels:
    """Runs all cones of one shape, in one precision.

    Safe to be called from several threads: what a call writes to is its own, or of its caller.

    Attributes:
        work: Row operations of a chunk, about.
    """

    def __init__(self, shape: ConeShape, dtype: torch.dtype) -> None:
        """Build the tables.

        Args:
            shape: Of the cones.
            dtype: float32 or float64.
        """
        self._dtype = dtype
        self._lanes = CACHE_LINE // dtype.itemsize
        self._cones = shape.count
        self._tables = tables(shape, torch.empty(0, dtype=dtype, device="cpu").numpy().dtype)
        self.work = (1 + len(self._tables.steps)) << shape.program.n_wires
        self._first_needed = lru_cache(
            lambda of_data, of_weights: first_needed(self._tables, of_data, of_weights)
        )
        self._layouts = lru_cache(maxsize=8)(self._plan)  # by the number of chunks

    def chunks(self, batch: int) -> int:
        """Of all cones together."""
        return self._cones * self._chunks(batch)

    def settle(self, data: Array, weights: Array, keep: bool) -> Settled:
        """All angles, and room for the final states if they are to be kept.

        Raises:
            NotFinite: An angle, or an entry of the data or the weights, is NaN or infinite.
        """
        chunks = self._chunks(len(data))
        layouts = self._layouts(chunks)
        layout = layouts.kept if keep else layouts.angles
        memory = layout.memory()
        tangents, sines, *_ = arrays = layout.split(memory)
        settling = half, *scratch = layouts.settling.take()
        starts = layouts.starts
        if half_angles(self._tables, data, weights, *scratch, chunks, *starts, half) != 0:
            raise NotFinite
        np.cos(half, out=tangents)
        np.sin(half, out=sines)
        shears(tangents, sines, starts[1])
        layouts.settling.give_back(settling)
        return Settled(memory, arrays)

    def forward(self, settled: Settled, first: int, last: int, values: Array) -> None:
        """Write the values of some chunks into ``values [batch, words]`` of the whole."""
        chunks = self._chunks(len(values))
        layouts = self._layouts(chunks)
        tangents, sines, *states = settled.arrays
        buffers = one, *scratch = layouts.forward.take()
        state = states[0] if states else one
        forward(
            self._tables, chunks, *layouts.starts, tangents, sines, first, last, state, *scratch,
            values,
        )  # fmt: skip
        layouts.forward.give_back(buffers)

    def backward(
        self, memory: Tensor, first: int, last: int, gradient: Array, dx: Array, dw: Array
    ) -> None:
        """Add the gradients of some chunks to those of the whole.

        Args:
            memory: As `settle` made it and `forward` left it.
            first: Chunk.
            last: Chunk after the last.
            gradient: Of the values, ``[batch, words]``.
            dx: Of the data, ``[batch, n_data]``, or ``[0, n_data]`` where it is not wanted.
            dw: Of the weights, ``[n_weights]``, or ``[0]``.
        """
        chunks = self._chunks(len(gradient))
        layouts = self._layouts(chunks)
        stop = self._first_needed(len(dx) > 0, len(dw) > 0)
        tangents, sines, states = layouts.kept.split(memory)
        buffers = layouts.backward.take()
        backward(
            self._tables, chunks, *layouts.starts, tangents, sines, first, last, stop, states,
            *buffers, gradient, dx, dw,
        )  # fmt: skip
        layouts.backward.give_back(buffers)

    def _chunks(self, batch: int) -> int:
        return -(-batch // self._lanes)

    def _plan(self, chunks: int) -> _Buffers:
        tables, lanes, size = self._tables, self._lanes, 1 << self._tables.n_wires
        sampled = -(-self._cones * tables.shared // lanes)
        first_phase = (sampled + self._cones * chunks * tables.sampled) * lanes
        angles, row, state = (
            (first_phase + self._cones * tables.diagonals * size,),
            (tables.data_entries.shape[1], lanes),
            (2 * size, lanes),
        )
        blocks = (-(-tables.diagonals // lanes), size, lanes)
        scratch = ((size, lanes), (len(tables.signs) + 1, lanes), (6, lanes))

        def layout(*shapes: tuple[int, ...]) -> BufferLayout:
            return BufferLayout(self._dtype, *shapes)

        return _Buffers(
            angles=layout(angles, angles),
            kept=layout(angles, angles, (self._cones * chunks, *state)),
            settling=layout(angles, tables.offsets.shape, row, blocks),
            forward=layout((1, *state), *scratch),
            backward=layout(
                state, state, *scratch, tables.offsets.shape, (tables.sampled, lanes),
                (tables.diagonals, size, lanes), row, blocks,
            ),
            starts=(sampled, first_phase),
        )  # fmt: skip
