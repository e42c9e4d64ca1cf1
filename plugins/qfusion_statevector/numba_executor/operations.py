"""How many operations the kernels do for a sample; nothing of a program's size is allocated."""

from __future__ import annotations

from qfusion_statevector.compiler.program import Program
from qfusion_statevector.numba_executor.program_tables import GROW, PAIR, PHASE, passes, readings


def per_sample(program: Program) -> int:
    """Of all passes, forward and back; a plane rotation of two numbers takes six."""
    states, total, size = 1 << program.n_wires, 0, 1
    for kind, *_ in passes(program):
        if kind == GROW:  # two rows a state: grown (3), and back: overlap (4), psi and lambda (4)
            total += (2 * 3 + 2 * 12) * size
            size *= 2
        elif kind == PHASE:  # a product of two complex numbers; back: two, and the overlap (4)
            total += (6 + 16) * states
        else:  # one rotation for each two rows; back: two, and the overlap (4)
            total += (2 if kind == PAIR else 1) * (6 + 16) * states
    pairs, diagonal_words = readings(program.images)
    # each pair of words: two products of complex numbers (8) for each two states; back: sixteen
    total += len(pairs) * (4 + 8) * states
    if len(diagonal_words):  # probabilities (3), lambda (2), a transform each way
        total += (3 + 2 + 2 * program.n_wires) * states
    return total
