"""A program as the arrays that the kernels read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.compiler.program import Program
from qfusion_statevector.compiler.schedule import Affine, Diagonal, Rotation

if TYPE_CHECKING:
    from qfusion_statevector.cut import ConeShape

GROW, TURN, PAIR, PHASE = range(4)


class ProgramTables(NamedTuple):
    """The program of cones of one shape, in one precision.

    Angles are numbered: first the rotations that all samples share, then those with an angle for
    each sample, then the words of the diagonals. Half of an angle is ``offsets`` plus the links'
    ``scale * entry``.

    Attributes:
        n_wires: Qubits.
        data_entries: ``[cones, n_data]``: where in the whole data each cone reads.
        weight_entries: ``[cones, n_weights]``: where in the whole weights.
        observables: ``[cones, words]``: where its values go.
        steps: ``[passes, 7]``: kind; x, z and angle of a rotation on real rows (see
            `qfusion_statevector.numba_executor.rotations`); the same of a second one. A phase pass
            has its diagonal's number in the place of the angle.
        support: Order in which basis states get an amplitude.
        pairs: ``[passes, 5]``, see `qfusion_statevector.numba_executor.expectation_values`.
        diagonal_words: ``[words of Z, 2]``: word, z.
        signs: ``[words]``.
        shared: How many rotations all samples share.
        sampled: How many have an angle for each sample.
        diagonals: How many phase passes there are.
        places: ``[diagonal words, 2]``: diagonal, z.
        offsets: ``[angles]``, halved.
        data_links: ``[links, 2]``: angle, data entry.
        data_scales: ``[links]``, halved.
        weight_links: ``[links, 2]``: angle, weight entry.
        weight_scales: ``[links]``, halved.
    """

    n_wires: int
    data_entries: NDArray[np.int64]
    weight_entries: NDArray[np.int64]
    observables: NDArray[np.int64]
    steps: NDArray[np.int64]
    support: NDArray[np.int64]
    pairs: NDArray[np.int64]
    diagonal_words: NDArray[np.int64]
    signs: NDArray[np.floating]
    shared: int
    sampled: int
    diagonals: int
    places: NDArray[np.int64]
    offsets: NDArray[np.floating]
    data_links: NDArray[np.int64]
    data_scales: NDArray[np.floating]
    weight_links: NDArray[np.int64]
    weight_scales: NDArray[np.floating]


def tables(shape: ConeShape, dtype: np.dtype) -> ProgramTables:
    """Everything that the kernels need to know about cones of one shape."""
    program = shape.program
    sampled = [r for r in program.rotations if program.per_sample(r.angle)]
    words = [
        (number, z, angle)
        for number, diagonal in enumerate(program.diagonals)
        for z, angle in diagonal.angles.items()
    ]
    affine = [*(r.angle for r in _in_order(program)), *(a for *_, a in words)]
    table = _stack(affine, program.n_data + program.n_weights + 1)
    data, weights, offsets = np.split(
        table / 2, [program.n_data, program.n_data + program.n_weights], axis=1
    )
    pairs, diagonal_words = readings(program.images)
    return ProgramTables(
        program.n_wires,
        shape.data,
        shape.weights,
        shape.observables,
        _table(passes(program), 7),
        _support(program),
        _table(pairs, 5),
        _table(diagonal_words, 2),
        np.array([image.sign for image in program.images], dtype),
        len(program.rotations) - len(sampled),
        len(sampled),
        len(program.diagonals),
        _table([(number, z) for number, z, _ in words], 2),
        offsets[:, 0].astype(dtype),
        _links(data),
        data[data != 0].astype(dtype),
        _links(weights),
        weights[weights != 0].astype(dtype),
    )


def first_needed(tables: ProgramTables, of_data: bool, of_weights: bool) -> int:
    """The first pass with an angle whose gradient is wanted: there the way back ends."""
    needed_angles = {
        int(angle)
        for links, asked in ((tables.data_links, of_data), (tables.weight_links, of_weights))
        for angle in links[:, 0] * asked - (not asked)
    }
    first_word = tables.shared + tables.sampled
    phases = {
        int(tables.places[angle - first_word, 0]) for angle in needed_angles if angle >= first_word
    }
    for number, (kind, _, _, angle, _, _, second) in enumerate(tables.steps.tolist()):
        if kind == PHASE:
            needed = angle in phases
        else:
            needed = angle in needed_angles or (kind == PAIR and second in needed_angles)
        if needed:
            return number
    return len(tables.steps)


def masks(pauli: Pauli) -> tuple[int, int]:
    """x and z of a word on real rows: the imaginary unit is bit 0."""
    imaginary = 1 - (pauli.p & 1)
    return 2 * pauli.x | imaginary, 2 * pauli.z | imaginary


def passes(program: Program) -> list[list[int]]:
    """``steps``; neighbouring rotations share a pass where they can."""
    numbers = {id(rotation): number for number, rotation in enumerate(_in_order(program))}
    steps: list[list[int]] = []
    diagonals = 0
    for number, step in enumerate(program.steps):
        if isinstance(step, Diagonal):
            steps.append([PHASE, 0, 0, diagonals, 0, 0, 0])
            diagonals += 1
            continue
        rotation = [*masks(step.pauli), numbers[id(step)]]
        if number < program.growing:
            steps.append([GROW, *rotation, 0, 0, 0])
        elif steps and steps[-1][0] == TURN and steps[-1][1] != rotation[0]:
            steps[-1] = [PAIR, *steps[-1][1:4], *rotation]
        else:
            steps.append([TURN, *rotation, 0, 0, 0])
    return steps


def readings(
    images: Sequence[Pauli],
) -> tuple[list[tuple[int, int, int, int, int]], list[tuple[int, int]]]:
    """``pairs`` and ``diagonal_words``."""
    groups: dict[int, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
    for word, image in enumerate(images):
        groups.setdefault(image.x, ([], []))[image.p & 1].append((image.z, word))
    diagonal = [(word, z) for z, word in groups.pop(0, ([], []))[0]]
    nobody = (0, len(images))  # a spare row takes what was not asked for
    pairs = [
        (x, even[0], odd[0], even[1], odd[1])
        for x, both in groups.items()
        for even, odd in zip_longest(*both, fillvalue=nobody)
    ]
    return pairs, diagonal


def _in_order(program: Program) -> list[Rotation]:
    """Rotations by the numbers of their angles: the shared ones first."""
    return sorted(program.rotations, key=lambda rotation: program.per_sample(rotation.angle))


def _support(program: Program) -> NDArray[np.int64]:
    support = np.zeros(1, np.int64)
    for step in program.rotations[: program.growing]:
        support = np.concatenate([support, support ^ step.pauli.x])
    return support


def _stack(rows: Sequence[Affine], width: int) -> NDArray[np.float64]:
    return np.array(rows).reshape(len(rows), width)


def _table(rows: Iterable[Sequence[int]], width: int) -> NDArray[np.int64]:
    return np.array(list(rows), np.int64).reshape(-1, width)


def _links(scales: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where scales are, row by row in memory: another order is another type, compiled anew."""
    return np.ascontiguousarray(np.argwhere(scales))
