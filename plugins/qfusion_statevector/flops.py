"""How much arithmetic the numba kernels do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qfusion_core import Circuit
from qfusion_statevector.compiler.program import compile_program
from qfusion_statevector.numba_executor.program_tables import (
    GROW,
    PAIR,
    PHASE,
    ProgramTables,
    tables,
)


def kernel_flops(circuit: Circuit, observables: Sequence[str], batch: int) -> int:
    """Additions and multiplications of one forward and backward pass.

    Signs are not counted, nor lanes without a sample, nor sines and cosines.

    Args:
        circuit: What is run.
        observables: Pauli words, wire 0 first.
        batch: Number of rows.
    """
    return batch * per_sample(tables(compile_program(circuit, observables), np.dtype("f8")))


def per_sample(tables: ProgramTables) -> int:
    """Of all passes, forward and back; a plane rotation of two numbers takes six."""
    states, total, size = 1 << tables.n_wires, 0, 1
    for kind in tables.steps[:, 0]:
        if kind == GROW:  # two rows a state: grown (3), and back: overlap (4), psi and lambda (4)
            total += (2 * 3 + 2 * 12) * size
            size *= 2
        elif kind == PHASE:  # a product of two complex numbers; back: two, and the overlap (4)
            total += (6 + 16) * states
        else:  # one rotation for each two rows; back: two, and the overlap (4)
            total += (2 if kind == PAIR else 1) * (6 + 16) * states
    # each pair of words: two products of complex numbers (8) for each two states; back: sixteen
    total += len(tables.pairs) * (4 + 8) * states
    if len(tables.diagonal_words):  # probabilities (3), lambda (2), a transform each way
        total += (3 + 2 + 2 * tables.n_wires) * states
    return total
