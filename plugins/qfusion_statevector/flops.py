"""How much arithmetic the numba kernels do."""

from __future__ import annotations

from collections.abc import Sequence

from qfusion_core import Circuit
from qfusion_statevector.cut import cut


def kernel_flops(circuit: Circuit, observables: Sequence[str], batch: int) -> int:
    """Additions and multiplications of one forward and backward pass.

    Signs are not counted, nor lanes without a sample, nor sines and cosines.

    Args:
        circuit: What is run.
        observables: Pauli words, wire 0 first.
        batch: Number of rows.
    """
    return batch * cut(circuit, tuple(observables)).flops
