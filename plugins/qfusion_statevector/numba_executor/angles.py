"""Data and weights to half angles, and gradients of half angles back to data and weights.

All half angles of the cones of a shape lie in one array, so that one call takes the cosine of all:
first the shared rotations of each cone, padded to full rows; then, chunk by chunk, a row for each
sampled rotation; then the phases of each cone and diagonal, one for each basis state.

A chunk is so many samples of one cone as fill a row; a cone has ``chunks`` of them, and they are
numbered cone by cone.
"""

from qfusion_statevector.numba_executor.diagonals import hadamard
from qfusion_statevector.numba_executor.kernel import kernel
from qfusion_statevector.numba_executor.simd import load, spread, store, total, zeros


@kernel
def extents(tables, chunks, lanes):
    """Ends of the three parts of the array of half angles."""
    cones = len(tables.observables)
    shared = -(-cones * tables.shared // lanes) * lanes
    sampled = shared + cones * chunks * tables.sampled * lanes
    return shared, sampled, sampled + (cones * tables.diagonals << tables.n_wires)


@kernel
def parts(tables, array, chunks, lanes):
    """Views: shared ``[..]``, sampled ``[all chunks * sampled, lanes]``, phases ``[.., 2^n]``."""
    shared, sampled, end = extents(tables, chunks, lanes)
    return (
        array[:shared],
        array[shared:sampled].reshape(-1, lanes),
        array[sampled:end].reshape(-1, 1 << tables.n_wires),
    )


@kernel
def half_angles(tables, x, w, base, rows, blocks, chunks, out):
    """Fill the array of half angles.

    Args:
        tables: Of the cones.
        x: Data of the whole circuit, ``[batch, n_data]``.
        w: Weights of the whole circuit, ``[n_weights]``.
        base: Scratch, ``[angles]``.
        rows: Scratch, ``[n_data of a cone, lanes]``.
        blocks: Scratch, ``[diagonals / lanes, 2^n, lanes]``.
        chunks: Into which the batch falls.
        out: The half angles.

    Returns:
        0, or NaN where an entry of the data or the weights, or an angle, is not finite.
    """
    lanes, first_word = rows.shape[1], tables.shared + tables.sampled
    shared, sampled, phases = parts(tables, out, chunks, lanes)
    shared[:] = 0
    for cone in range(len(tables.observables)):
        base[:] = tables.offsets
        for i in range(len(tables.weight_scales)):
            angle, entry = tables.weight_links[i]
            base[angle] += tables.weight_scales[i] * w[tables.weight_entries[cone, entry]]
        for angle in range(tables.shared):
            shared[cone * tables.shared + angle] = base[angle]
        for chunk in range(chunks):
            # samples side by side; lanes without one get 0
            count = min(lanes, len(x) - chunk * lanes)
            for entry in range(len(rows)):
                for lane in range(count):
                    rows[entry, lane] = x[chunk * lanes + lane, tables.data_entries[cone, entry]]
                rows[entry, count:] = 0
            first = (cone * chunks + chunk) * tables.sampled - tables.shared
            for angle in range(tables.shared, first_word):
                store(sampled, first + angle, spread(base, angle))
            for i in range(len(tables.data_scales)):
                angle, entry = tables.data_links[i]
                row = spread(tables.data_scales, i) * load(rows, entry)
                store(sampled, first + angle, load(sampled, first + angle) + row)
        # one diagonal in each lane, its angles at their words: their sums with all signs are the
        # phases
        blocks[:] = 0
        for i in range(len(tables.places)):
            diagonal, z = tables.places[i]
            blocks[diagonal // lanes, z, diagonal % lanes] = -base[first_word + i]
        for block in blocks:
            hadamard(block, tables.n_wires)
        for diagonal in range(tables.diagonals):
            for k in range(1 << tables.n_wires):
                phase = blocks[diagonal // lanes, k, diagonal % lanes]
                phases[cone * tables.diagonals + diagonal, k] = phase
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
    """Cosine and sine of the rotations to what `rotations` takes: tan of the half, and sine."""
    for i in range(extents(tables, chunks, lanes)[1]):
        c, s = cosine[i], sine[i]
        if c < 0:  # half a turn further
            c, s = -c, -s
        cosine[i] = s / (1 + c)
        sine[i] = s


@kernel
def add_of_data(tables, cone, first, sampled, rows, dx):
    """The gradients of a chunk's angles, ``sampled [sampled, lanes]``, to those of its data.

    Args:
        tables: Of the cones.
        cone: Whose chunk it is.
        first: Its first sample.
        sampled: Gradients of half angles.
        rows: Scratch, ``[n_data of a cone, lanes]``.
        dx: ``[batch or 0, n_data]`` of the whole circuit; this is added to it.
    """
    if not len(dx):
        return
    for entry in range(len(rows)):
        store(rows, entry, zeros(rows))
    for i in range(len(tables.data_scales)):
        angle, entry = tables.data_links[i]
        row = spread(tables.data_scales, i) * load(sampled, angle - tables.shared)
        store(rows, entry, load(rows, entry) + row)
    for lane in range(min(rows.shape[1], len(dx) - first)):
        for entry in range(len(rows)):
            dx[first + lane, tables.data_entries[cone, entry]] += 2 * rows[entry, lane]


@kernel
def add_of_weights(tables, cone, sums, phases, blocks, dw):
    """The gradients of a cone's angles to those of its weights.

    Args:
        tables: Of the cones.
        cone: Which.
        sums: ``[angles]``: those of the rotations, summed over the samples; the rest is filled in.
        phases: ``[diagonals, 2^n, lanes]``: those of the phases of each basis state.
        blocks: Scratch, as for `half_angles`.
        dw: ``[n_weights or 0]`` of the whole circuit; this is added to it.
    """
    if not len(dw):
        return
    lanes, first_word = blocks.shape[2], tables.shared + tables.sampled
    blocks[:] = 0
    for diagonal in range(tables.diagonals):
        for k in range(1 << tables.n_wires):
            blocks[diagonal // lanes, k, diagonal % lanes] = total(load(phases[diagonal], k))
    for block in blocks:
        hadamard(block, tables.n_wires)
    for i in range(len(tables.places)):
        diagonal, z = tables.places[i]
        sums[first_word + i] = blocks[diagonal // lanes, z, diagonal % lanes]
    for i in range(len(tables.weight_scales)):
        angle, entry = tables.weight_links[i]
        dw[tables.weight_entries[cone, entry]] += 2 * tables.weight_scales[i] * sums[angle]
