"""Rotations about Pauli words, on a state of real rows.

Row 2k of a state holds the real parts of amplitude k, row 2k + 1 the imaginary parts: the
imaginary unit is one more bit of the index. ``exp(-i t/2 P)``, P = ``i^p X^x Z^z``, is then a plane
rotation of each pair of rows r and r ^ x', by +t/2 or -t/2 as parity(r & z') says, with ``x' = 2x +
e``, ``z' = 2z + e``, ``e = 1 - p``. Each pair is entered at that end where the sign is plus.

A plane rotation is three shears, three fused operations instead of four: with p = tan(t/4) and
q = sin(t/2), ``a -= p b; b += q a; a -= p b``. Where cos(t/2) < 0 the angle is taken one half turn
further, so that \\|p| <= 1; that changes the state's sign, which nobody sees.
"""

from qfusion_statevector.numba_executor.kernel import BLOCK, inner_kernel
from qfusion_statevector.numba_executor.simd import load, parity, store, zeros


@inner_kernel
def top_bit(mask):
    """Position of the highest bit set."""
    position = 0
    while mask >> (position + 1):
        position += 1
    return position


@inner_kernel
def insert_zero(m, position):
    """The bits of m with a 0 put in at a position."""
    low = (1 << position) - 1
    return ((m & ~low) << 1) | (m & low)


@inner_kernel
def rotate(a, b, p, q):
    """A pair of rows, turned."""
    a = a - p * b
    b = b + q * a
    return a - p * b, b


@inner_kernel
def rotate_back(a, b, p, q):
    """The inverse of `rotate`."""
    a = a + p * b
    b = b - q * a
    return a + p * b, b


@inner_kernel
def store_signed(signed, first, row):
    """A row and its negative, to be picked by the parity of an index."""
    store(signed, first, row)
    store(signed, first + 1, zeros(signed) - row)


@inner_kernel
def turn(psi, bits, x, z, p, q):
    """One rotation of a state of 2^bits rows."""
    pivot, odd = top_bit(x), x & 1
    for m in range(1 << (bits - 1)):
        r = insert_zero(m, pivot)
        r ^= x & -(parity(r & z) ^ odd)
        a, b = rotate(load(psi, r), load(psi, r ^ x), p, q)
        store(psi, r, a)
        store(psi, r ^ x, b)


@inner_kernel
def turn_back(psi, lam, bits, x, z, p, q):
    """Inverse of `turn` on psi and lambda; returns the gradient of the angle, Im <lambda|P|psi>."""
    gradient, count = zeros(psi), 1 << (bits - 1)
    for start in range(0, count, BLOCK):
        end = min(start + BLOCK, count)
        gradient = gradient + turn_back_block(psi, lam, start, end, x, z, p, q)
    return gradient


@inner_kernel
def turn_back_block(psi, lam, start, end, x, z, p, q):
    """`turn_back` on some of the pairs."""
    pivot, odd, gradient = top_bit(x), x & 1, zeros(psi)
    for m in range(start, end):
        r = insert_zero(m, pivot)
        r ^= x & -(parity(r & z) ^ odd)
        a, b, la, lb = load(psi, r), load(psi, r ^ x), load(lam, r), load(lam, r ^ x)
        gradient = gradient + lb * a
        gradient = gradient - la * b
        a, b = rotate_back(a, b, p, q)
        store(psi, r, a)
        store(psi, r ^ x, b)
        la, lb = rotate_back(la, lb, p, q)
        store(lam, r, la)
        store(lam, r ^ x, lb)
    return gradient


@inner_kernel
def pivots(x1, x2):
    """Two positions, lower first: each coset of {0, x1, x2, x1 ^ x2} has one index with 0 there."""
    one = top_bit(x1)
    other = top_bit(x2 ^ x1 if x2 >> one & 1 else x2)
    return min(one, other), max(one, other)


@inner_kernel
def turn_pair(psi, bits, x1, z1, p1, q1, x2, z2, p2, q2, signed):
    """Two rotations, 1 then 2, with x1 != x2, in one pass: four rows see only each other."""
    low, high = pivots(x1, x2)
    odd1, odd2, flip1, flip2 = x1 & 1, x2 & 1, parity(x2 & z1), parity(x1 & z2)
    store_signed(signed, 0, p2)
    store_signed(signed, 2, q2)
    p1f, q1f = (zeros(psi) - p1, zeros(psi) - q1) if flip1 else (p1, q1)
    for m in range(1 << (bits - 2)):
        r = insert_zero(insert_zero(m, low), high)
        r ^= x1 & -(parity(r & z1) ^ odd1)
        sign = parity(r & z2) ^ odd2
        a, b = rotate(load(psi, r), load(psi, r ^ x1), p1, q1)
        c, d = rotate(load(psi, r ^ x2), load(psi, r ^ x1 ^ x2), p1f, q1f)
        a, c = rotate(a, c, load(signed, sign), load(signed, 2 + sign))
        sign ^= flip2
        b, d = rotate(b, d, load(signed, sign), load(signed, 2 + sign))
        store(psi, r, a)
        store(psi, r ^ x1, b)
        store(psi, r ^ x2, c)
        store(psi, r ^ x1 ^ x2, d)


@inner_kernel
def turn_pair_back(psi, lam, bits, x1, z1, p1, q1, x2, z2, p2, q2, signed, units):
    """Inverse of `turn_pair` on psi and lambda; returns the gradients of both angles."""
    store_signed(signed, 0, p2)
    store_signed(signed, 2, q2)
    first, second, count = zeros(psi), zeros(psi), 1 << (bits - 2)
    for start in range(0, count, BLOCK):
        one, two = turn_pair_back_block(
            psi, lam, start, min(start + BLOCK, count), x1, z1, p1, q1, x2, z2, signed, units
        )
        first, second = first + one, second + two
    return first, second


@inner_kernel
def turn_pair_back_block(psi, lam, start, end, x1, z1, p1, q1, x2, z2, signed, units):
    """`turn_pair_back` on some of the fours of rows."""
    low, high = pivots(x1, x2)
    odd1, odd2, flip1, flip2 = x1 & 1, x2 & 1, parity(x2 & z1), parity(x1 & z2)
    p1f, q1f = (zeros(psi) - p1, zeros(psi) - q1) if flip1 else (p1, q1)
    first, first_f, second, second_f = zeros(psi), zeros(psi), zeros(psi), zeros(psi)
    for m in range(start, end):
        r = insert_zero(insert_zero(m, low), high)
        r ^= x1 & -(parity(r & z1) ^ odd1)
        sign = parity(r & z2) ^ odd2
        a, b, c, d = load(psi, r), load(psi, r ^ x1), load(psi, r ^ x2), load(psi, r ^ x1 ^ x2)
        la, lb, lc, ld = load(lam, r), load(lam, r ^ x1), load(lam, r ^ x2), load(lam, r ^ x1 ^ x2)
        unit = load(units, sign)
        second = second + unit * (lc * a - la * c)
        second_f = second_f + unit * (ld * b - lb * d)
        p, q = load(signed, sign), load(signed, 2 + sign)
        a, c = rotate_back(a, c, p, q)
        la, lc = rotate_back(la, lc, p, q)
        sign ^= flip2
        p, q = load(signed, sign), load(signed, 2 + sign)
        b, d = rotate_back(b, d, p, q)
        lb, ld = rotate_back(lb, ld, p, q)
        first = first + lb * a
        first = first - la * b
        first_f = first_f + ld * c
        first_f = first_f - lc * d
        a, b = rotate_back(a, b, p1, q1)
        c, d = rotate_back(c, d, p1f, q1f)
        store(psi, r, a)
        store(psi, r ^ x1, b)
        store(psi, r ^ x2, c)
        store(psi, r ^ x1 ^ x2, d)
        la, lb = rotate_back(la, lb, p1, q1)
        lc, ld = rotate_back(lc, ld, p1f, q1f)
        store(lam, r, la)
        store(lam, r ^ x1, lb)
        store(lam, r ^ x2, lc)
        store(lam, r ^ x1 ^ x2, ld)
    first = first - first_f if flip1 else first + first_f
    second = second - second_f if flip2 else second + second_f
    return first, second
