"""Data and weights to half angles, and gradients of half angles back to data and weights.

All half angles of the cones of a shape lie in one array, so that one call takes the cosine of all:
first the shared rotations of each cone, padded to full rows; from row ``sampled`` on, chunk by
chunk, a row for each sampled rotation; from ``phases`` on those of each cone and diagonal, one for
each basis state.

A chunk is so many samples of one cone as fill a row; a cone has ``chunks`` of them, and they are
numbered cone by cone.
"""

from qfusion_statevector.numba_executor.diagonals import hadamard
from qfusion_statevector.numba_executor.kernel import inner_kernel, kernel
from qfusion_statevector.numba_executor.simd import load, spread, store, total, zeros


@inner_kernel
def clear(rows):
    """Zero in all rows of an array."""
    for row in range(rows.size // rows.shape[-1]):
        store(rows, row, zeros(rows))


@kernel
def half_angles(tables, x, w, base, rows, blocks, chunks, sampled, phases, out):
    """Fill the array of half angles.

    Args:
        tables: Of the cones.
        x: Data of the whole circuit, ``[batch, n_data]``.
        w: Weights of the whole circuit, ``[n_weights]``.
        base: Scratch, ``[angles]``.
        rows: Scratch, ``[n_data of a cone, lanes]``.
        blocks: Scratch, ``[diagonals / lanes, 2^n, lanes]``.
        chunks: Into which the batch falls.
        sampled: First row of the sampled angles.
        phases: Place of the first phase.
        out: The half angles.

    Returns:
        0, or NaN where an entry of the data or the weights, or an angle, is not finite.
    """
    lanes, first_word = rows.shape[1], tables.shared + tables.sampled
    for row in range(sampled):
        store(out, row, zeros(rows))
    for cone in range(len(tables.observables)):
        for angle in range(len(base)):
            base[angle] = tables.offsets[angle]
        for i in range(len(tables.weight_scales)):
            entry = tables.weight_entries[cone, tables.weight_links[i, 1]]
            base[tables.weight_links[i, 0]] += tables.weight_scales[i] * w[entry]
        for angle in range(tables.shared):
            out[cone * tables.shared + angle] = base[angle]
        for chunk in range(chunks):
            # samples side by side; lanes without one get 0
            count = min(lanes, len(x) - chunk * lanes)
            for entry in range(len(rows)):
                store(rows, entry, zeros(rows))
                for lane in range(count):
                    rows[entry, lane] = x[chunk * lanes + lane, tables.data_entries[cone, entry]]
            first = sampled + (cone * chunks + chunk) * tables.sampled - tables.shared
            for angle in range(tables.shared, first_word):
                store(out, first + angle, spread(base, angle))
            for i in range(len(tables.data_scales)):
                angle = first + tables.data_links[i, 0]
                row = spread(tables.data_scales, i) * load(rows, tables.data_links[i, 1])
                store(out, angle, load(out, angle) + row)
        # one diagonal in each lane, its angles at their words: their sums with all signs are the
        # phases
        clear(blocks)
        for i in range(len(tables.places)):
            diagonal, z = tables.places[i, 0], tables.places[i, 1]
            blocks[diagonal // lanes, z, diagonal % lanes] = -base[first_word + i]
        for block in range(len(blocks)):
            hadamard(blocks[block], tables.n_wires)
        for diagonal in range(tables.diagonals):
            for k in range(1 << tables.n_wires):
                place = phases + (cone * tables.diagonals + diagonal << tables.n_wires) + k
                out[place] = blocks[diagonal // lanes, k, diagonal % lanes]
    nothing = 0.0
    for i in range(len(x)):
        for entry in range(x.shape[1]):
            nothing += 0 * x[i, entry]
    for entry in range(len(w)):
        nothing += 0 * w[entry]
    full = len(out) // lanes
    rest = zeros(rows)
    for i in range(full):
        rest = rest + (load(out, i) - load(out, i))
    for i in range(full * lanes, len(out)):
        nothing += 0 * out[i]
    return nothing + total(rest)


@kernel
def shears(cosine, sine, count):
    """Cosine and sine of rotations to what `rotations` takes: tan of the half, and sine."""
    for i in range(count):
        c, s = cosine[i], sine[i]
        if c < 0:  # half a turn further
            c, s = -c, -s
        cosine[i] = s / (1 + c)
        sine[i] = s


@inner_kernel
def add_of_data(links, scales, entries, first, sampled, shared, rows, dx):
    """The gradients of a chunk's angles, ``sampled [sampled, lanes]``, to those of its data.

    Args:
        links: ``data_links`` of the tables.
        scales: ``data_scales`` of the tables.
        entries: Of the chunk's cone, ``[n_data of a cone]``.
        first: The chunk's first sample.
        sampled: Gradients of half angles.
        shared: Number of the first sampled angle.
        rows: Scratch, ``[n_data of a cone, lanes]``.
        dx: ``[batch or 0, n_data]`` of the whole circuit; this is added to it.
    """
    if not len(dx):
        return
    clear(rows)
    for i in range(len(scales)):
        entry = links[i, 1]
        row = spread(scales, i) * load(sampled, links[i, 0] - shared)
        store(rows, entry, load(rows, entry) + row)
    for lane in range(min(rows.shape[1], len(dx) - first)):
        for entry in range(len(rows)):
            dx[first + lane, entries[entry]] += 2 * rows[entry, lane]


@inner_kernel
def add_of_diagonals(places, n_wires, phases, blocks, sums):
    """The gradients of a cone's phases to those of its words of Z.

    Args:
        places: Of the tables.
        n_wires: Of a cone.
        phases: ``[diagonals, 2^n, lanes]``.
        blocks: Scratch, as for `half_angles`.
        sums: The last of the angles; written.
    """
    lanes = blocks.shape[2]
    clear(blocks)
    for diagonal in range(len(phases)):
        for k in range(1 << n_wires):
            row = load(phases, (diagonal << n_wires) + k)
            blocks[diagonal // lanes, k, diagonal % lanes] = total(row)
    for block in range(len(blocks)):
        hadamard(blocks[block], n_wires)
    for i in range(len(places)):
        diagonal, z = places[i, 0], places[i, 1]
        sums[i] = blocks[diagonal // lanes, z, diagonal % lanes]


@inner_kernel
def add_of_weights(links, scales, entries, sums, dw):
    """The gradients of a cone's angles, ``sums [angles]``, to those of its weights.

    Args:
        links: ``weight_links`` of the tables.
        scales: ``weight_scales`` of the tables.
        entries: Of the cone, ``[n_weights of a cone]``.
        sums: Gradients of half angles, summed over the samples.
        dw: ``[n_weights]`` of the whole circuit; this is added to it.
    """
    for i in range(len(scales)):
        dw[entries[links[i, 1]]] += 2 * scales[i] * sums[links[i, 0]]
