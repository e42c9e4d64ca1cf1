"""A program on chunks of samples: forward to the values, backward by the adjoint method.

Going back, the state is computed from the one after it, so that memory does not grow with depth.
A chunk is one row wide (16 float32 or 8 float64 samples), so that its state stays in the cache.
"""

from qfusion_statevector.numba_executor.angles import parts
from qfusion_statevector.numba_executor.diagonals import phase, phase_back
from qfusion_statevector.numba_executor.expectation_values import measure, observe
from qfusion_statevector.numba_executor.kernel import kernel
from qfusion_statevector.numba_executor.product_state import grow, grow_back
from qfusion_statevector.numba_executor.program_tables import GROW, PAIR, PHASE
from qfusion_statevector.numba_executor.rotations import turn, turn_back, turn_pair, turn_pair_back
from qfusion_statevector.numba_executor.simd import load, spread, store, total, zeros


@kernel
def pick(tables, shared, sampled, chunk, angle):
    """The row of an angle's p or q: the same in all lanes, or one for each sample."""
    if angle < tables.shared:
        return spread(shared, angle)
    return load(sampled, chunk * tables.sampled + angle - tables.shared)


@kernel
def forward(tables, chunks, tangents, sines, first, last, states, spare, values, small, out):
    """Chunks first..last of the batch: final states, and the values of the words.

    Args:
        tables: Of the program.
        chunks: Into which the batch falls.
        tangents: p of the rotations and cosines of the phases, see `rows.angles`.
        sines: q of the rotations and sines of the phases.
        first: Chunk.
        last: Chunk after the last.
        states: ``[1 or chunks, 2^(n+1), lanes]``; with one, the states are not kept.
        spare: Scratch, ``[2^n, lanes]``.
        values: Scratch, ``[words + 1, lanes]``.
        small: Scratch, ``[6, lanes]``.
        out: Result, ``[batch, words]``.
    """
    lanes, n = states.shape[2], tables.n_wires
    p_shared, p_sampled, cosines = parts(tables, tangents, chunks, lanes)
    q_shared, q_sampled, sines_ = parts(tables, sines, chunks, lanes)
    signed, units = small[:4], small[4:]
    units[0] = 1
    units[1] = -1
    for chunk in range(first, last):
        psi = states[chunk if len(states) > 1 else 0]
        size = 1
        if len(tables.support) < 1 << n:
            for r in range(2 << n):
                store(psi, r, zeros(psi))
        psi[0] = 1
        psi[1] = 0
        for kind, x, z, angle, x2, z2, angle2 in tables.steps:
            if kind == PHASE:
                phase(psi, 1 << n, cosines[angle], sines_[angle])
                continue
            p = pick(tables, p_shared, p_sampled, chunk, angle)
            q = pick(tables, q_shared, q_sampled, chunk, angle)
            if kind == GROW:
                grow(psi, tables.support, size, x, z, p, q, signed)
                size *= 2
            elif kind == PAIR:
                p2 = pick(tables, p_shared, p_sampled, chunk, angle2)
                q2 = pick(tables, q_shared, q_sampled, chunk, angle2)
                turn_pair(psi, n + 1, x, z, p, q, x2, z2, p2, q2, signed)
            else:
                turn(psi, n + 1, x, z, p, q)
        measure(psi, n, tables.pairs, tables.diagonal_words, spare, units, values)
        for lane in range(min(lanes, len(out) - chunk * lanes)):
            for word in range(len(tables.signs)):
                out[chunk * lanes + lane, word] = tables.signs[word] * values[word, lane]


@kernel
def backward(
    tables, tangents, sines, first, last, stop, states, psi, lam, spare, values, small,
    out_gradient, shared, sampled, phases,
):  # fmt: skip
    """Gradients of the angles, from those of the values of chunks first..last.

    Args:
        tables: As for `forward`, like what is not named here.
        stop: Passes before this one have no angle whose gradient is wanted.
        states: Of all chunks, as `forward` left them.
        psi: Scratch, ``[2^(n+1), lanes]``.
        lam: Scratch, ``[2^(n+1), lanes]``.
        out_gradient: ``[batch, words]``.
        shared: Result, ``[shared]``, summed over the chunks.
        sampled: Result, ``[chunks * sampled, lanes]``.
        phases: Result, ``[diagonals, 2^n, lanes]``, summed over the chunks.
    """
    lanes, n = states.shape[2], tables.n_wires
    p_shared, p_sampled, cosines = parts(tables, tangents, len(states), lanes)
    q_shared, q_sampled, sines_ = parts(tables, sines, len(states), lanes)
    signed, units = small[:4], small[4:]
    units[0] = 1
    units[1] = -1
    shared[:] = 0
    phases[:] = 0
    for word in range(len(values)):
        store(values, word, zeros(values))
    for chunk in range(first, last):
        for r in range(2 << n):
            store(psi, r, load(states[chunk], r))
        count = min(lanes, len(out_gradient) - chunk * lanes)
        for word in range(len(tables.signs)):
            for lane in range(count):
                gradient = out_gradient[chunk * lanes + lane, word]
                values[word, lane] = tables.signs[word] * gradient
            values[word, count:] = 0
        observe(psi, lam, n, tables.pairs, tables.diagonal_words, spare, signed, values)
        size = len(tables.support)
        row = chunk * tables.sampled - tables.shared
        for i in range(len(tables.steps) - 1, stop - 1, -1):
            kind, x, z, angle, x2, z2, angle2 = tables.steps[i]
            if kind == PHASE:
                phase_back(psi, lam, 1 << n, cosines[angle], sines_[angle], phases[angle])
                continue
            p = pick(tables, p_shared, p_sampled, chunk, angle)
            q = pick(tables, q_shared, q_sampled, chunk, angle)
            if kind == GROW:
                size //= 2
                one = grow_back(psi, lam, tables.support, size, x, z, p, q, signed, units)
            elif kind == PAIR:
                p2 = pick(tables, p_shared, p_sampled, chunk, angle2)
                q2 = pick(tables, q_shared, q_sampled, chunk, angle2)
                one, two = turn_pair_back(
                    psi, lam, n + 1, x, z, p, q, x2, z2, p2, q2, signed, units
                )
                if angle2 < tables.shared:
                    shared[angle2] += total(two)
                else:
                    store(sampled, row + angle2, two)
            else:
                one = turn_back(psi, lam, n + 1, x, z, p, q)
            if angle < tables.shared:
                shared[angle] += total(one)
            else:
                store(sampled, row + angle, one)
