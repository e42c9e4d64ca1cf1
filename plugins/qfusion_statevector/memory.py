"""Refuses a simulation that cannot fit into memory before anything is allocated."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from qfusion_core import InputError
from qfusion_statevector.cut import ConeShape

ALWAYS_FITS = 2**26  # bytes; below this nobody asks the system how much is free


class MemoryNeed(NamedTuple):
    """Peak of a forward and backward pass, in bytes."""

    per_row: int
    fixed: int

    def of(self, batch: int) -> int:
        """Bytes for so many rows."""
        return batch * self.per_row + self.fixed


def fits(need: MemoryNeed, batch: int, device: torch.device, limit_gb: float | None = None) -> bool:
    """Whether a batch fits into what is free, or into ``limit_gb``."""
    if limit_gb is None and need.of(batch) <= ALWAYS_FITS:
        return True
    free = _free(device, limit_gb)
    return free is None or need.of(batch) <= free


def require_memory(
    n_wires: int,
    widest: int,
    need: MemoryNeed,
    batch: int,
    device: torch.device,
    limit_gb: float | None = None,
) -> None:
    """Compare what a batch needs with what is free, or with ``limit_gb``.

    Args:
        n_wires: Of the circuit.
        widest: Wires of its widest light cone: they decide.
        need: Of all cones.
        batch: Rows.
        device: Where they are computed.
        limit_gb: Most that may be taken; None: what is free.

    Raises:
        InputError: Says how much is needed, how much there is, and what would fit.
    """
    if fits(need, batch, device, limit_gb):
        return
    total, free = need.of(batch), _free(device, limit_gb)
    assert free is not None
    rows = int((free - need.fixed) // need.per_row)
    if rows >= 1:
        advice = f"up to {rows} rows fit: use smaller batches"
    else:
        smaller = math.ceil(math.log2(sum(need) / free))
        advice = (
            f"even one row does not fit: use {max(1, widest - smaller)} wires or fewer, or light "
            "cones as narrow: fewer layers, gates between neighbours alone (of an encoder: "
            "entangler: brick, or entangling_gate: cz)"
        )
    raise InputError(
        f"statevector: {n_wires} wires (widest cone {widest}) x {batch} rows need about "
        f"{total / 1e9:.3g} GB of memory, {free / 1e9:.3g} GB may be used; {advice}"
    )


def estimate(executor: str, shapes: Sequence[ConeShape], dtype: torch.dtype) -> MemoryNeed:
    """What the cones of a circuit need together, by the name of their executor."""
    needs = [_of_shape(executor, shape, dtype) for shape in shapes]
    return MemoryNeed(sum(need.per_row for need in needs), sum(need.fixed for need in needs))


def _of_shape(executor: str, shape: ConeShape, dtype: torch.dtype) -> MemoryNeed:
    program, cones = shape.program, shape.count
    # more would be too much for a float
    size, amplitude = 2 ** min(program.n_wires, 900), 2 * dtype.itemsize
    if executor == "lightning":
        # in double precision, one row at a time: the state, the one that goes back, a copy of each
        return MemoryNeed(cones * (64 + 32 * len(program.steps)), 4 * 16 * size)
    if executor == "numba":
        # the final state of each row, up to a full chunk; each thread has two states, a row of
        # sums and the gradients of the phases, in cache lines; tables of phases and states
        diagonals = len(program.diagonals)
        thread = 64 * (2 * 2 + 1 + diagonals)
        tables = cones * (2 * 64 + 3 * diagonals * dtype.itemsize) + 64 + 8
        return MemoryNeed(
            cones * amplitude * size, (torch.get_num_threads() * thread + tables) * size
        )
    # while going back: two pairs of states, the final one, what a setting makes of it; for each
    # step at most a change of basis: two tables of indices and two of phases
    return MemoryNeed(
        cones * 9 * amplitude * size, (len(program.steps) + 4) * (2 * 8 + 2 * amplitude) * size
    )


def _free(device: torch.device, limit_gb: float | None) -> float | None:
    return available(device) if limit_gb is None else limit_gb * 1e9


def available(device: torch.device) -> int | None:
    """Free memory in bytes where the system tells, else all of it, else None."""
    if device.type == "cuda":
        # torch keeps what it has once had, and uses it again
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    if device.type != "cpu":
        return None
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None
