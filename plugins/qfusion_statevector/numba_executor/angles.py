"""Data and weights to half angles, and gradients of half angles back to data and weights.

All half angles lie in one array, so that one call takes the cosine of all: first the shared
rotations, padded to full rows; then, chunk by chunk, a row for each sampled rotation; then the
phases of each diagonal, one for each basis state.
"""

from qfusion_statevector.numba_executor.diagonals import hadamard
from qfusion_statevector.numba_executor.kernel import kernel
from qfusion_statevector.numba_executor.simd import load, spread, store, total, zeros


@kernel
def extents(tables, chunks, lanes):
    """Ends of the three parts of the array of half angles."""
    shared = -(-tables.shared // lanes) * lanes
    sampled = shared + chunks * tables.sampled * lanes
    return shared, sampled, sampled + (tables.diagonals << tables.n_wires)


@kernel
def parts(tables, array, chunks, lanes):
    """Views: shared ``[..]``, sampled ``[chunks * sampled, lanes]``, phases ``[.., 2^n]``."""
    shared, sampled, end = extents(tables, chunks, lanes)
    return (
        array[:shared],
        array[shared:sampled].reshape(-1, lanes),
        array[sampled:end].reshape(tables.diagonals, 1 << tables.n_wires),
    )


@kernel
def columns(x, chunk, rows):
    """The samples of a chunk side by side: ``rows [n_data, lanes]``; lanes without one get 0."""
    lanes = rows.shape[1]
    count = min(lanes, len(x) - chunk * lanes)
    for entry in range(x.shape[1]):
        for lane in range(count):
            rows[entry, lane] = x[chunk * lanes + lane, entry]
        rows[entry, count:] = 0


@kernel
def half_angles(tables, x, w, base, rows, blocks, chunks, out):
    """Fill the array of half angles.

    Args:
        tables: Of the program.
        x: Data, ``[batch, n_data]``.
        w: Weights, ``[n_weights]``.
        base: Scratch, ``[angles]``.
        rows: Scratch, ``[n_data, lanes]``.
        blocks: Scratch, ``[diagonals / lanes, 2^n, lanes]``.
        chunks: Into which the batch falls.
        out: The half angles.

    Returns:
        0, or NaN where an entry of the data or the weights, or an angle, is not finite.
    """
    lanes, first_word = rows.shape[1], tables.shared + tables.sampled
    shared, sampled, phases = parts(tables, out, chunks, lanes)
    base[:] = tables.offsets
    for i in range(len(tables.weight_scales)):
        angle, entry = tables.weight_links[i]
        base[angle] += tables.weight_scales[i] * w[entry]
    shared[:] = 0
    shared[: tables.shared] = base[: tables.shared]
    for chunk in range(chunks):
        columns(x, chunk, rows)
        first = chunk * tables.sampled - tables.shared
        for angle in range(tables.shared, first_word):
            store(sampled, first + angle, spread(base, angle))
        for i in range(len(tables.data_scales)):
            angle, entry = tables.data_links[i]
            row = load(sampled, first + angle) + spread(tables.data_scales, i) * load(rows, entry)
            store(sampled, first + angle, row)
    # one diagonal in each lane, its angles at their words: their sums with all signs are the phases
    blocks[:] = 0
    for i in range(len(tables.places)):
        diagonal, z = tables.places[i]
        blocks[diagonal // lanes, z, diagonal % lanes] = -base[first_word + i]
    for block in blocks:
        hadamard(block, tables.n_wires)
    for diagonal in range(tables.diagonals):
        for k in range(1 << tables.n_wires):
            phases[diagonal, k] = blocks[diagonal // lanes, k, diagonal % lanes]
    nothing = 0.0
    for row in x:
        for entry in row:
            nothing += 0 * entry
    for entry in w:
        nothing += 0 * entry
    for angle in out:
        nothing += 0 * angle
    return nothing


@kernel
def shears(tables, cosine, sine, chunks, lanes):
    """Cosine and sine of the rotations to what `rows.turns` takes: tan of the half, and sine."""
    for i in range(extents(tables, chunks, lanes)[1]):
        c, s = cosine[i], sine[i]
        if c < 0:  # half a turn further
            c, s = -c, -s
        cosine[i] = s / (1 + c)
        sine[i] = s


@kernel
def gradients(tables, shared, sampled, phases, blocks, rows, dx, dw):
    """Gradients of the angles to those of data and weights.

    Args:
        tables: Of the program.
        shared: ``[shared]``.
        sampled: ``[chunks * sampled, lanes]``.
        phases: ``[diagonals, 2^n, lanes]``, for each basis state.
        blocks: Scratch, as for `half_angles`.
        rows: Scratch, ``[n_data, lanes]``.
        dx: Result, ``[batch or 0, n_data]``.
        dw: Result, ``[n_weights or 0]``.
    """
    lanes, first_word = rows.shape[1], tables.shared + tables.sampled
    chunks = -(-len(dx) // lanes)
    for chunk in range(chunks):
        for entry in range(len(rows)):
            store(rows, entry, zeros(rows))
        first = chunk * tables.sampled - tables.shared
        for i in range(len(tables.data_scales)):
            angle, entry = tables.data_links[i]
            scale = spread(tables.data_scales, i)
            store(rows, entry, load(rows, entry) + scale * load(sampled, first + angle))
        for lane in range(min(lanes, len(dx) - chunk * lanes)):
            for entry in range(len(rows)):
                dx[chunk * lanes + lane, entry] = 2 * rows[entry, lane]
    if not len(dw):
        return
    sums = 0 * tables.offsets
    sums[: tables.shared] = shared[: tables.shared]
    for row in range(len(sampled)):
        sums[tables.shared + row % tables.sampled] += total(load(sampled, row))
    blocks[:] = 0
    for diagonal in range(tables.diagonals):
        for k in range(1 << tables.n_wires):
            blocks[diagonal // lanes, k, diagonal % lanes] = total(load(phases[diagonal], k))
    for block in blocks:
        hadamard(block, tables.n_wires)
    for i in range(len(tables.places)):
        diagonal, z = tables.places[i]
        sums[first_word + i] = blocks[diagonal // lanes, z, diagonal % lanes]
    dw[:] = 0
    for i in range(len(tables.weight_scales)):
        angle, entry = tables.weight_links[i]
        dw[entry] += 2 * tables.weight_scales[i] * sums[angle]
