"""Diagonals that all samples share: one phase for each basis state, however many words of Z."""

from qfusion_statevector.numba_executor.kernel import inner_kernel
from qfusion_statevector.numba_executor.simd import load, spread, store


@inner_kernel
def hadamard(rows, bits):
    """Walsh-Hadamard transform of 2^bits rows in place: the sums with all signs (-1)^parity(k&z).

    Two bits in a pass, the last one alone where their number is odd.
    """
    for bit in range(0, bits - 1, 2):
        low, step = (1 << bit) - 1, 1 << bit
        for m in range(1 << (bits - 2)):
            k = ((m & ~low) << 2) | (m & low)
            a, b = load(rows, k), load(rows, k + step)
            c, d = load(rows, k + 2 * step), load(rows, k + 3 * step)
            a, b, c, d = a + b, a - b, c + d, c - d
            store(rows, k, a + c)
            store(rows, k + step, b + d)
            store(rows, k + 2 * step, a - c)
            store(rows, k + 3 * step, b - d)
    if bits & 1:
        half = 1 << (bits - 1)
        for k in range(half):
            a, b = load(rows, k), load(rows, k + half)
            store(rows, k, a + b)
            store(rows, k + half, a - b)


@inner_kernel
def phase(psi, size, cosine, sine, first):
    """Amplitude k times ``cosine[first + k] + i sine[first + k]``."""
    for k in range(size):
        a, b = load(psi, 2 * k), load(psi, 2 * k + 1)
        c, s = spread(cosine, first + k), spread(sine, first + k)
        store(psi, 2 * k, c * a - s * b)
        store(psi, 2 * k + 1, c * b + s * a)


@inner_kernel
def phase_back(psi, lam, size, cosine, sine, first, gradient):
    """Inverse of `phase` on psi and lambda; ``gradient`` is added a row for each k."""
    for k in range(size):
        a, b = load(psi, 2 * k), load(psi, 2 * k + 1)
        c, s = spread(cosine, first + k), spread(sine, first + k)
        la, lb = load(lam, 2 * k), load(lam, 2 * k + 1)
        store(gradient, k, load(gradient, k) + (la * b - lb * a))
        store(psi, 2 * k, c * a + s * b)
        store(psi, 2 * k + 1, c * b - s * a)
        store(lam, 2 * k, c * la + s * lb)
        store(lam, 2 * k + 1, c * lb - s * la)
