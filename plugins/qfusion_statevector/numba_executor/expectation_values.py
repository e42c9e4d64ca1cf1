"""Expectation values of Pauli words in a state, and the way back.

All words of Z at once, by one Walsh-Hadamard transform of the probabilities. The others by their
X mask: a word with even p (see `Pauli`) reads Re, one with odd p reads Im of conj(psi_k) psi_(k^x),
so that two words share a pass.
"""

from qfusion_statevector.numba_executor.diagonals import hadamard
from qfusion_statevector.numba_executor.kernel import BLOCK, inner_kernel
from qfusion_statevector.numba_executor.rotations import insert_zero, store_signed, top_bit
from qfusion_statevector.numba_executor.simd import load, parity, store, zeros


@inner_kernel
def overlaps(psi, start, end, x, z_even, z_odd, units):
    """Signed sums of Re and Im of conj(psi_k) psi_(k^x) over some of the pairs."""
    real, imaginary, pivot = zeros(psi), zeros(psi), top_bit(x)
    for m in range(start, end):
        k = insert_zero(m, pivot)
        i, j = 2 * k, 2 * (k ^ x)
        a, b, c, d = load(psi, i), load(psi, i + 1), load(psi, j), load(psi, j + 1)
        real = real + load(units, parity(k & z_even)) * (a * c + b * d)
        imaginary = imaginary + load(units, parity(k & z_odd)) * (a * d - b * c)
    return real, imaginary


@inner_kernel
def measure(psi, n_wires, pairs, diagonal, spare, units, values):
    """A row of values for each word.

    ``pairs`` holds ``(x, z even, z odd, word even, word odd)``, ``diagonal`` holds ``(word, z)``.
    """
    for pair in range(len(pairs)):
        x, z_even, z_odd = pairs[pair, 0], pairs[pair, 1], pairs[pair, 2]
        even, odd = pairs[pair, 3], pairs[pair, 4]
        real, imaginary, count = zeros(psi), zeros(psi), 1 << (n_wires - 1)
        for start in range(0, count, BLOCK):
            end = min(start + BLOCK, count)
            u, v = overlaps(psi, start, end, x, z_even, z_odd, units)
            real, imaginary = real + u, imaginary + v
        store(values, even, real + real)
        store(values, odd, imaginary + imaginary)
    if len(diagonal):
        for k in range(1 << n_wires):
            a, b = load(psi, 2 * k), load(psi, 2 * k + 1)
            store(spare, k, a * a + b * b)
        hadamard(spare, n_wires)
        for i in range(len(diagonal)):
            store(values, diagonal[i, 0], load(spare, diagonal[i, 1]))


@inner_kernel
def weigh(psi, lam, n_wires, diagonal, spare, gradient):
    """lambda = sum over the words of Z of gradient_w P_w psi."""
    for k in range(1 << n_wires):
        store(spare, k, zeros(psi))
    for i in range(len(diagonal)):  # a word may be asked for twice
        z = diagonal[i, 1]
        store(spare, z, load(spare, z) + load(gradient, diagonal[i, 0]))
    if len(diagonal):
        hadamard(spare, n_wires)
    for k in range(1 << n_wires):
        weight = load(spare, k)
        store(lam, 2 * k, weight * load(psi, 2 * k))
        store(lam, 2 * k + 1, weight * load(psi, 2 * k + 1))


@inner_kernel
def observe(psi, lam, n_wires, pairs, diagonal, spare, signed, gradient):
    """lambda = sum over words of gradient_w P_w psi."""
    weigh(psi, lam, n_wires, diagonal, spare, gradient)
    for pair in range(len(pairs)):
        x, z_even, z_odd = pairs[pair, 0], pairs[pair, 1], pairs[pair, 2]
        even, odd = pairs[pair, 3], pairs[pair, 4]
        store_signed(signed, 0, load(gradient, even))
        store_signed(signed, 2, load(gradient, odd))
        pivot = top_bit(x)
        for m in range(1 << (n_wires - 1)):
            k = insert_zero(m, pivot)
            i, j = 2 * k, 2 * (k ^ x)
            u, v = load(signed, parity(k & z_even)), load(signed, 2 + parity(k & z_odd))
            a, b, c, d = load(psi, i), load(psi, i + 1), load(psi, j), load(psi, j + 1)
            store(lam, i, load(lam, i) + u * c + v * d)
            store(lam, i + 1, load(lam, i + 1) + u * d - v * c)
            store(lam, j, load(lam, j) + u * a - v * b)
            store(lam, j + 1, load(lam, j + 1) + u * b + v * a)
