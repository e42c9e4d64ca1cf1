"""A program on chunks of samples: forward to the values, backward by the adjoint method.

Going back, the state is computed from the one after it, so that memory does not grow with depth.
A chunk is one row wide (16 float32 or 8 float64 samples), so that its state stays in the cache.
Chunks are those of all cones of a shape, see `angles`: each reads its cone's angles.
"""

from qfusion_statevector.numba_executor.angles import add_of_data, add_of_weights, parts
from qfusion_statevector.numba_executor.diagonals import phase, phase_back
from qfusion_statevector.numba_executor.expectation_values import measure, observe
from qfusion_statevector.numba_executor.kernel import kernel
from qfusion_statevector.numba_executor.product_state import grow, grow_back
from qfusion_statevector.numba_executor.program_tables import GROW, PAIR, PHASE
from qfusion_statevector.numba_executor.rotations import turn, turn_back, turn_pair, turn_pair_back
from qfusion_statevector.numba_executor.simd import load, spread, store, total, zeros


@kernel
def pick(tables, shared, sampled, cone, chunk, angle):
    """The row of an angle's p or q: the same in all lanes, or one for each sample."""
    if angle < tables.shared:
        return spread(shared, cone * tables.shared + angle)
    return load(sampled, chunk * tables.sampled + angle - tables.shared)


@kernel
def forward(tables, chunks, tangents, sines, first, last, states, spare, values, small, out):
    """Chunks first..last of all cones: final states, and the values of the words.

    Args:
        tables: Of the cones.
        chunks: Of each cone.
        tangents: p of the rotations and cosines of the phases, see `angles`.
        sines: q of the rotations and sines of the phases.
        first: Chunk.
        last: Chunk after the last.
        states: ``[1 or chunks of all, 2^(n+1), lanes]``; with one, the states are not kept.
        spare: Scratch, ``[2^n, lanes]``.
        values: Scratch, ``[words + 1, lanes]``.
        small: Scratch, ``[6, lanes]``.
        out: Result, ``[batch, words of the whole]``.
    """
    lanes, n = states.shape[2], tables.n_wires
    p_shared, p_sampled, cosines = parts(tables, tangents, chunks, lanes)
    q_shared, q_sampled, sines_ = parts(tables, sines, chunks, lanes)
    signed, units = small[:4], small[4:]
    units[0] = 1
    units[1] = -1
    for chunk in range(first, last):
        cone = chunk // chunks
        psi = states[chunk if len(states) > 1 else 0]
        size = 1
        if len(tables.support) < 1 << n:
            for r in range(2 << n):
                store(psi, r, zeros(psi))
        psi[0] = 1
        psi[1] = 0
        for kind, x, z, angle, x2, z2, angle2 in tables.steps:
            if kind == PHASE:
                diagonal = cone * tables.diagonals + angle
                phase(psi, 1 << n, cosines[diagonal], sines_[diagonal])
                continue
            p = pick(tables, p_shared, p_sampled, cone, chunk, angle)
            q = pick(tables, q_shared, q_sampled, cone, chunk, angle)
            if kind == GROW:
                grow(psi, tables.support, size, x, z, p, q, signed)
                size *= 2
            elif kind == PAIR:
                p2 = pick(tables, p_shared, p_sampled, cone, chunk, angle2)
                q2 = pick(tables, q_shared, q_sampled, cone, chunk, angle2)
                turn_pair(psi, n + 1, x, z, p, q, x2, z2, p2, q2, signed)
            else:
                turn(psi, n + 1, x, z, p, q)
        measure(psi, n, tables.pairs, tables.diagonal_words, spare, units, values)
        sample = (chunk - cone * chunks) * lanes
        for lane in range(min(lanes, len(out) - sample)):
            for word in range(len(tables.signs)):
                value = tables.signs[word] * values[word, lane]
                out[sample + lane, tables.observables[cone, word]] = value


@kernel
def backward(
    tables, chunks, tangents, sines, first, last, stop, states, psi, lam, spare, values, small,
    sums, sampled, phases, rows, blocks, out_gradient, dx, dw,
):  # fmt: skip
    """Gradients of data and weights, from those of the values of chunks first..last.

    Args:
        tables: As for `forward`, like what is not named here.
        stop: Passes before this one have no angle whose gradient is wanted.
        states: Of all chunks, as `forward` left them.
        psi: Scratch, ``[2^(n+1), lanes]``.
        lam: Scratch, ``[2^(n+1), lanes]``.
        sums: Scratch, ``[angles]``: gradients of a cone's half angles, summed over its chunks.
        sampled: Scratch, ``[sampled, lanes]``: of a chunk's.
        phases: Scratch, ``[diagonals, 2^n, lanes]``: of a cone's phases.
        rows: Scratch, ``[n_data of a cone, lanes]``.
        blocks: Scratch, ``[diagonals / lanes, 2^n, lanes]``.
        out_gradient: ``[batch, words of the whole]``.
        dx: ``[batch or 0, n_data of the whole]``; the gradient is added to it.
        dw: ``[n_weights of the whole, or 0]``; the gradient is added to it.
    """
    lanes, n = states.shape[2], tables.n_wires
    p_shared, p_sampled, cosines = parts(tables, tangents, chunks, lanes)
    q_shared, q_sampled, sines_ = parts(tables, sines, chunks, lanes)
    signed, units = small[:4], small[4:]
    units[0] = 1
    units[1] = -1
    sampled[:] = 0
    for word in range(len(values)):
        store(values, word, zeros(values))
    for chunk in range(first, last):
        cone = chunk // chunks
        sample = (chunk - cone * chunks) * lanes
        if chunk == first or sample == 0:
            sums[:] = 0
            phases[:] = 0
        for r in range(2 << n):
            store(psi, r, load(states[chunk], r))
        count = min(lanes, len(out_gradient) - sample)
        for word in range(len(tables.signs)):
            for lane in range(count):
                gradient = out_gradient[sample + lane, tables.observables[cone, word]]
                values[word, lane] = tables.signs[word] * gradient
            values[word, count:] = 0
        observe(psi, lam, n, tables.pairs, tables.diagonal_words, spare, signed, values)
        size = len(tables.support)
        for i in range(len(tables.steps) - 1, stop - 1, -1):
            kind, x, z, angle, x2, z2, angle2 = tables.steps[i]
            if kind == PHASE:
                diagonal = cone * tables.diagonals + angle
                phase_back(psi, lam, 1 << n, cosines[diagonal], sines_[diagonal], phases[angle])
                continue
            p = pick(tables, p_shared, p_sampled, cone, chunk, angle)
            q = pick(tables, q_shared, q_sampled, cone, chunk, angle)
            if kind == GROW:
                size //= 2
                one = grow_back(psi, lam, tables.support, size, x, z, p, q, signed, units)
            elif kind == PAIR:
                p2 = pick(tables, p_shared, p_sampled, cone, chunk, angle2)
                q2 = pick(tables, q_shared, q_sampled, cone, chunk, angle2)
                one, two = turn_pair_back(
                    psi, lam, n + 1, x, z, p, q, x2, z2, p2, q2, signed, units
                )
                sums[angle2] += total(two)
                if angle2 >= tables.shared:
                    store(sampled, angle2 - tables.shared, two)
            else:
                one = turn_back(psi, lam, n + 1, x, z, p, q)
            sums[angle] += total(one)
            if angle >= tables.shared:
                store(sampled, angle - tables.shared, one)
        add_of_data(tables, cone, sample, sampled, rows, dx)
        if chunk + 1 == last or (chunk + 1) % chunks == 0:
            add_of_weights(tables, cone, sums, phases, blocks, dw)
