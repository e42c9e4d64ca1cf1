"""A program on chunks of samples: forward to the values, backward by the adjoint method.

Going back, the state is computed from the one after it, so that memory does not grow with depth.
A chunk is one row wide (16 float32 or 8 float64 samples), so that its state stays in the cache.
Chunks are those of all cones of a shape, see `angles`: each reads its cone's angles.
"""

from qfusion_statevector.numba_executor.angles import (
    add_of_data,
    add_of_diagonals,
    add_of_weights,
    clear,
)
from qfusion_statevector.numba_executor.diagonals import phase, phase_back
from qfusion_statevector.numba_executor.expectation_values import measure, observe
from qfusion_statevector.numba_executor.kernel import inner_kernel, kernel
from qfusion_statevector.numba_executor.product_state import grow, grow_back
from qfusion_statevector.numba_executor.program_tables import GROW, PAIR, PHASE
from qfusion_statevector.numba_executor.rotations import turn, turn_back, turn_pair, turn_pair_back
from qfusion_statevector.numba_executor.simd import load, spread, store, total, zeros


@inner_kernel
def pick(values, angle, shared, first, row):
    """The row of an angle's p or q: the same in all lanes, or one for each sample.

    Args:
        values: p or q of all.
        angle: Its number.
        shared: How many angles all samples of a cone share.
        first: Place of the cone's shared angles.
        row: Of angle 0, if it were sampled.
    """
    if angle < shared:
        return spread(values, first + angle)
    return load(values, row + angle)


@kernel
def forward(
    tables, chunks, sampled_row, first_phase, tangents, sines, first, last, states, spare, values,
    small, out,
):  # fmt: skip
    """Chunks first..last of all cones: final states, and the values of the words.

    Args:
        tables: Of the cones.
        chunks: Of each cone.
        sampled_row: First row of the sampled angles, see `angles`.
        first_phase: Place of the first phase.
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
    lanes, n, steps = states.shape[2], tables.n_wires, tables.steps
    shared = tables.shared
    signed, units = small[:4], small[4:]
    for lane in range(lanes):
        units[0, lane] = 1
        units[1, lane] = -1
    for chunk in range(first, last):
        cone = chunk // chunks
        own, row = cone * shared, sampled_row + chunk * tables.sampled - shared
        psi = states[chunk if len(states) > 1 else 0]
        size = 1
        if len(tables.support) < 1 << n:
            clear(psi)
        store(psi, 0, load(units, 0))
        store(psi, 1, zeros(psi))
        for i in range(len(steps)):
            kind, x, z, angle = steps[i, 0], steps[i, 1], steps[i, 2], steps[i, 3]
            if kind == PHASE:
                place = first_phase + (cone * tables.diagonals + angle << n)
                phase(psi, 1 << n, tangents, sines, place)
                continue
            p = pick(tangents, angle, shared, own, row)
            q = pick(sines, angle, shared, own, row)
            if kind == GROW:
                grow(psi, tables.support, size, x, z, p, q, signed)
                size *= 2
            elif kind == PAIR:
                x2, z2, angle2 = steps[i, 4], steps[i, 5], steps[i, 6]
                p2 = pick(tangents, angle2, shared, own, row)
                q2 = pick(sines, angle2, shared, own, row)
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
    tables, chunks, sampled_row, first_phase, tangents, sines, first, last, stop, states, psi, lam,
    spare, values, small, sums, sampled, phases, rows, blocks, out_gradient, dx, dw,
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
    lanes, n, steps = states.shape[2], tables.n_wires, tables.steps
    shared = tables.shared
    signed, units = small[:4], small[4:]
    for lane in range(lanes):
        units[0, lane] = 1
        units[1, lane] = -1
    clear(sampled)
    clear(values)
    for chunk in range(first, last):
        cone = chunk // chunks
        own, row = cone * shared, sampled_row + chunk * tables.sampled - shared
        sample = (chunk - cone * chunks) * lanes
        if chunk == first or sample == 0:
            for angle in range(len(sums)):
                sums[angle] = 0
            clear(phases)
        for r in range(2 << n):
            store(psi, r, load(states[chunk], r))
        count = min(lanes, len(out_gradient) - sample)
        for word in range(len(tables.signs)):
            for lane in range(count):
                gradient = out_gradient[sample + lane, tables.observables[cone, word]]
                values[word, lane] = tables.signs[word] * gradient
            for lane in range(count, lanes):
                values[word, lane] = 0
        observe(psi, lam, n, tables.pairs, tables.diagonal_words, spare, signed, values)
        size = len(tables.support)
        for i in range(len(steps) - 1, stop - 1, -1):
            kind, x, z, angle = steps[i, 0], steps[i, 1], steps[i, 2], steps[i, 3]
            if kind == PHASE:
                place = first_phase + (cone * tables.diagonals + angle << n)
                phase_back(psi, lam, 1 << n, tangents, sines, place, phases[angle])
                continue
            p = pick(tangents, angle, shared, own, row)
            q = pick(sines, angle, shared, own, row)
            if kind == GROW:
                size //= 2
                one = grow_back(psi, lam, tables.support, size, x, z, p, q, signed, units)
            elif kind == PAIR:
                x2, z2, angle2 = steps[i, 4], steps[i, 5], steps[i, 6]
                p2 = pick(tangents, angle2, shared, own, row)
                q2 = pick(sines, angle2, shared, own, row)
                one, two = turn_pair_back(
                    psi, lam, n + 1, x, z, p, q, x2, z2, p2, q2, signed, units
                )
                sums[angle2] += total(two)
                if angle2 >= shared:
                    store(sampled, angle2 - shared, two)
            else:
                one = turn_back(psi, lam, n + 1, x, z, p, q)
            sums[angle] += total(one)
            if angle >= shared:
                store(sampled, angle - shared, one)
        entries = tables.data_entries[cone]
        add_of_data(
            tables.data_links, tables.data_scales, entries, sample, sampled, shared, rows, dx
        )
        if len(dw) and (chunk + 1 == last or (chunk + 1) % chunks == 0):
            add_of_diagonals(tables.places, n, phases, blocks, sums[shared + tables.sampled :])
            entries = tables.weight_entries[cone]
            add_of_weights(tables.weight_links, tables.weight_scales, entries, sums, dw)
