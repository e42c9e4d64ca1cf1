"""The start as a product state: a rotation out of the span of those before doubles the state.

Such a state lives on the first 2^j basis states of `support`; the rest is zero and is not touched.
"""

from qfusion_statevector.numba_executor.kernel import BLOCK, inner_kernel
from qfusion_statevector.numba_executor.rotations import store_signed
from qfusion_statevector.numba_executor.simd import load, parity, store, zeros


@inner_kernel
def grow(psi, support, size, x, z, p, q, signed):
    """`turn` on a state that lives on ``size`` basis states: it then lives on twice as many."""
    store_signed(signed, 0, q)
    # cos(t/2) = 1 - tan(t/4) sin(t/2)
    odd, missing = x & 1, p * q
    for i in range(size):
        for r in range(2 * support[i], 2 * support[i] + 2):
            a = load(psi, r)
            store(psi, r ^ x, load(signed, parity(r & z) ^ odd) * a)
            store(psi, r, a - missing * a)


@inner_kernel
def grow_back(psi, lam, support, size, x, z, p, q, signed, units):
    """Inverse of `grow` on psi and, projected to where psi lives, lambda; returns the gradient."""
    store_signed(signed, 0, q)
    odd, missing, gradient = x & 1, p * q, zeros(psi)
    for start in range(0, size, BLOCK):
        part = zeros(psi)
        for i in range(start, min(start + BLOCK, size)):
            for r in range(2 * support[i], 2 * support[i] + 2):
                sign = parity(r & z) ^ odd
                a, b, la, lb = load(psi, r), load(psi, r ^ x), load(lam, r), load(lam, r ^ x)
                part = part + load(units, sign) * (lb * a - la * b)
                s = load(signed, sign)
                store(psi, r, a - missing * a + s * b)
                store(lam, r, la - missing * la + s * lb)
        gradient = gradient + part
    return gradient
