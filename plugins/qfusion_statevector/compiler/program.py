"""The compiler: a traced circuit and its observables become a `Program`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qfusion_core import Circuit
from qfusion_statevector.compiler.clifford_frame import SPELLING, CliffordFrame
from qfusion_statevector.compiler.gf2 import reduce
from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.compiler.schedule import Affine, Diagonal, Rotation, Schedule, Step
from qfusion_statevector.compiler.unseen import drop_unseen

EIGHTH_TURNS = {"T": math.pi / 4, "Tdg": -math.pi / 4}  # T is RZ(pi/4), up to a phase


@dataclass(frozen=True, eq=False)
class Program:
    """Pauli rotations on ``|0...0>``, and the Pauli words that are measured after them.

    Attributes:
        n_wires: Qubits.
        n_data: Data entries; the first coefficients of each angle are theirs.
        n_weights: Weight entries; the next coefficients are theirs, the last one is an offset.
        growing: The first so many steps are rotations that each double the number of basis states
            with an amplitude: the start is grown as a product state.
        steps: In the order in which they act.
        images: One signed word for each observable.
    """

    n_wires: int
    n_data: int
    n_weights: int
    growing: int
    steps: tuple[Step, ...]
    images: tuple[Pauli, ...]

    @property
    def rotations(self) -> tuple[Rotation, ...]:
        """The steps that are no diagonals."""
        return tuple(step for step in self.steps if isinstance(step, Rotation))

    @property
    def diagonals(self) -> tuple[Diagonal, ...]:
        """The steps that are."""
        return tuple(step for step in self.steps if isinstance(step, Diagonal))

    def per_sample(self, angle: Affine) -> bool:
        """Whether each sample has its own."""
        return bool(angle[: self.n_data].any())


def compile_program(circuit: Circuit, words: Sequence[str]) -> Program:
    """The program of a circuit and its observables.

    A Hadamard gate is either pushed to the end like every Clifford gate, or taken for the rotation
    that it nearly is: H = RY(pi/2) Z, exactly, which keeps later RZ diagonal. Both are tried, the
    fewer passes win.

    Args:
        circuit: What to run.
        words: Pauli words, wire 0 first.
    """
    both = (_compile(circuit, words, turn_hadamards) for turn_hadamards in (False, True))
    return min(both, key=lambda program: len(program.steps) - program.growing)


def _compile(circuit: Circuit, words: Sequence[str], turn_hadamards: bool) -> Program:
    frame, schedule = CliffordFrame(circuit.n_wires), Schedule(circuit.n_data)
    angles = iter(_affine_rows(circuit))
    width = circuit.n_data + circuit.n_weights + 1
    for gate in circuit.gates:
        if gate.angle is not None:
            schedule.add(frame.image([(gate.wires[0], gate.name[1])]), next(angles))
        elif gate.name in EIGHTH_TURNS:
            fixed = _offset(EIGHTH_TURNS[gate.name], width)
            schedule.add(frame.image([(gate.wires[0], "Z")]), fixed)
        elif gate.name == "H" and turn_hadamards:
            frame.apply("Z", gate.wires)
            schedule.add(frame.image([(gate.wires[0], "Y")]), _offset(math.pi / 2, width))
        else:
            assert gate.name in SPELLING, gate.name
            frame.apply(gate.name, gate.wires)
    letters = (((w, letter) for w, letter in enumerate(word) if letter != "I") for word in words)
    images = tuple(frame.image(word) for word in letters)
    steps = tuple(drop_unseen(schedule.steps, images))
    growing = _growing(steps)
    return Program(circuit.n_wires, circuit.n_data, circuit.n_weights, growing, steps, images)


def _affine_rows(circuit: Circuit) -> NDArray[np.float64]:
    """``[n_angles, n_data + n_weights + 1]``."""
    data, weights, offset = circuit.affine
    return np.concatenate([data.numpy(), weights.numpy(), offset.numpy()[:, None]], axis=1)


def _offset(value: float, width: int) -> Affine:
    row = np.zeros(width)
    row[-1] = value
    return row


def _growing(steps: Sequence[Step]) -> int:
    """How many steps at the start have an X mask that the masks before do not span.

    exp(-i t/2 P) takes a basis state k to a superposition of k and k ^ x: as long as x is new, no
    two of these meet.
    """
    pivots: dict[int, int] = {}
    for number, step in enumerate(steps):
        if isinstance(step, Diagonal):
            return number
        rest = reduce(step.pauli.x, pivots)
        if not rest:
            return number
        pivots[rest.bit_length()] = rest
    return len(steps)
