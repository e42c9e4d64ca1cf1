"""Refuses a simulation that cannot fit into memory before anything is allocated."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import torch

from qfusion_core import Circuit, InputError, commuting_groups
from qfusion_statevector.layers import fuse


def require_memory(
    circuit: Circuit,
    words: Sequence[str],
    batch: int,
    dtype: torch.dtype,
    device: torch.device,
    limit_gb: float | None = None,
) -> None:
    """Compare the estimate with what is free, or with ``limit_gb``.

    Raises:
        InputError: Says how much is needed, how much there is, and what would fit.
    """
    free = available(device) if limit_gb is None else limit_gb * 1e9
    per_sample, fixed = estimate(circuit, words, dtype)
    need = batch * per_sample + fixed
    if free is None or need <= free:
        return
    n_wires = circuit.n_wires
    rows = int((free - fixed) // per_sample)
    if rows >= 1:
        advice = f"up to {rows} rows fit: use smaller batches"
    else:
        smaller = math.ceil(math.log2((per_sample + fixed) / free))
        advice = f"even one row does not fit: use {max(1, n_wires - smaller)} wires or fewer"
    raise InputError(
        f"statevector: {n_wires} wires x {batch} rows need about {need / 1e9:.3g} GB of memory, "
        f"{free / 1e9:.3g} GB may be used; {advice}"
    )


def estimate(circuit: Circuit, words: Sequence[str], dtype: torch.dtype) -> tuple[int, int]:
    """Peak of a forward and backward pass, in bytes: ``(for each row, for the tables)``."""
    size = 2**circuit.n_wires
    # seven states while going back (two pairs, the final and the product state), one for each
    # group that is measured, and its gradient
    states = 8 + len(commuting_groups(words))
    layers = fuse(circuit).rest
    phases = sum(placed.column is not None for monomial, _ in layers for placed in monomial)
    # 64 bytes while a permutation is composed
    table_bytes = 64 + 8 * len(layers) + (phases + len(words)) * dtype.itemsize // 2
    return states * dtype.itemsize * size, table_bytes * size


def available(device: torch.device) -> int | None:
    """Free memory in bytes where the system tells, else all of it, else None."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type != "cpu":
        return None
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None
