"""Into which light cones a circuit is cut, and whether that is less arithmetic than the whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from qfusion_core import Circuit, LightCone, light_cones
from qfusion_statevector.compiler.program import Program, compile_program
from qfusion_statevector.numba_executor.operations import per_sample

# a call for one more shape takes about 0.1 ms, in which the kernels do so many operations for
# each row of a batch of 32
CALL = 30_000


@dataclass(frozen=True, eq=False)
class ConeShape:
    """Cones with equal circuits and words: they differ in the entries that they read.

    Attributes:
        circuit: Of a cone.
        words: On its wires.
        program: What both are compiled to.
        data: ``[cones, n_data]``: the data entries of each in the whole circuit.
        weights: ``[cones, n_weights]``: its weight entries.
        observables: ``[cones, words]``: which of the whole's words it answers.
    """

    circuit: Circuit
    words: tuple[str, ...]
    program: Program
    data: NDArray[np.int64]
    weights: NDArray[np.int64]
    observables: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of cones."""
        return len(self.observables)


@dataclass(frozen=True, eq=False)
class Cut:
    """A circuit as the parts that are evaluated.

    Attributes:
        circuit: The whole.
        words: Of the whole: each is answered by one cone.
        shapes: The parts; the whole circuit is one shape of one cone.
    """

    circuit: Circuit
    words: tuple[str, ...]
    shapes: tuple[ConeShape, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cut off."""
        return len(self.shapes) == 1 and self.shapes[0].circuit is self.circuit

    @cached_property
    def widest(self) -> int:
        """Wires of the widest part."""
        return max(shape.circuit.n_wires for shape in self.shapes)

    @cached_property
    def flops(self) -> int:
        """Additions and multiplications of the kernels for a row, forward and back."""
        return sum(shape.count * per_sample(shape.program) for shape in self.shapes)


def cut(circuit: Circuit, words: tuple[str, ...]) -> Cut:
    """The cheaper of the whole circuit and the light cones of its words.

    Args:
        circuit: What is asked for.
        words: Pauli words that fit, wire 0 first.
    """
    parts = in_cones(circuit, words)
    price = parts.flops + (len(parts.shapes) - 1) * CALL
    # to read out the whole takes more than eight operations for each amplitude
    if parts.is_whole or price < 8 << circuit.n_wires:
        return parts
    uncut = whole(circuit, words)
    return parts if price < uncut.flops else uncut


def in_cones(circuit: Circuit, words: tuple[str, ...]) -> Cut:
    """The light cones of the words; the whole circuit where one of them has all wires."""
    compiled = cache(compile_program)

    def cost(cone: LightCone) -> int:
        return per_sample(compiled(cone.circuit, cone.words))

    cones = light_cones(circuit, words, cost)
    if not cones or cones[0].circuit.n_wires == circuit.n_wires:
        return whole(circuit, words)
    groups: dict[tuple[Circuit, tuple[str, ...]], list[LightCone]] = {}
    for cone in cones:
        groups.setdefault((cone.circuit, cone.words), []).append(cone)
    shapes = [
        ConeShape(
            *shape,
            compiled(*shape),
            np.array([cone.data for cone in members], np.int64),
            np.array([cone.weights for cone in members], np.int64),
            np.array([cone.observables for cone in members], np.int64),
        )
        for shape, members in groups.items()
    ]
    return Cut(circuit, words, tuple(shapes))


def whole(circuit: Circuit, words: tuple[str, ...]) -> Cut:
    """A circuit in one piece."""
    n_data, n_weights = np.arange(circuit.n_data), np.arange(circuit.n_weights)
    program = compile_program(circuit, words)
    shape = ConeShape(
        circuit, words, program, n_data[None], n_weights[None], np.arange(len(words))[None]
    )
    return Cut(circuit, words, (shape,))
