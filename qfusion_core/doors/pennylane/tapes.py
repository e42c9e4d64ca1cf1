"""Tapes of PennyLane as rows of angles of a template, and what is read from their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pennylane.exceptions import DeviceError
from pennylane.operation import Operator
from pennylane.tape import QuantumScript

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.gates import ROTATIONS, Angle, Gate
from qfusion_core.circuits.pauli_words import word as letters_of
from qfusion_core.circuits.tracing.record import GATE_NAMES
from qfusion_core.doors.pennylane.readings import Reading, reading
from qfusion_core.doors.pennylane.sentences import ROUNDING
from qfusion_core.errors import QfusionError

GateShape = tuple[str, tuple[int, ...]]
Template = Callable[[int, tuple[GateShape, ...]], Circuit]


@dataclass(frozen=True)
class TapeRows:
    """A tape as rows of angles.

    Attributes:
        circuit: A template: each rotation's angle is an entry of its data.
        angles: ``[rows, n_angles]`` in radians, float64.
        words: Pauli words that are measured, for the wires of the template.
        readings: One for each measurement, with the positions of its words.
        batched: Whether the tape is a broadcast one; otherwise there is one row.
        tape: Whose rows they are.
    """

    circuit: Circuit
    angles: np.ndarray
    words: tuple[str, ...]
    readings: tuple[tuple[Reading, list[int]], ...]
    batched: bool
    tape: QuantumScript

    @cached_property
    def columns(self) -> list[int | None]:
        """Of each of the tape's parameters: its column in the angles; None: it has none."""
        rotations, found = 0, []
        for operation in self.tape.operations:
            rotates = operation.name in ROTATIONS
            found += [rotations if rotates else None] * len(operation.data)
            rotations += rotates
        return found


def rows_of(tape: QuantumScript, wires: Sequence[object], template: Template) -> TapeRows:
    """A tape that consists of gates of the set, and of what is dropped.

    Args:
        tape: After preprocessing, its parameters NumPy's.
        wires: Of the device, in order; empty: the tape's own.
        template: `template_of`, or what remembers its results.

    Raises:
        DeviceError: A measurement cannot be read from Pauli words, or an angle is complex.
        QfusionError: An angle is NaN or infinite.
    """
    used = set(tape.wires)
    place = {
        label: number
        for number, label in enumerate(label for label in wires or tape.wires if label in used)
    }
    gates = [operation for operation in tape.operations if operation.name in GATE_NAMES]
    shape = tuple(
        (GATE_NAMES[gate.name], tuple(place[wire] for wire in gate.wires)) for gate in gates
    )
    angles = [_angle(gate) for gate in gates if gate.data]
    rows = 1 if tape.batch_size is None else tape.batch_size
    matrix = np.stack([np.broadcast_to(angle, (rows,)) for angle in angles], 1) if angles else None
    all_wires = list(wires) or list(tape.wires)
    read = [reading(measurement, all_wires) for measurement in tape.measurements]
    words, readings = _words(read, place)
    return TapeRows(
        template(max(1, len(place)), shape),
        np.zeros((rows, 0)) if matrix is None else matrix,
        words,
        readings,
        tape.batch_size is not None,
        tape,
    )


def template_of(n_wires: int, shape: tuple[GateShape, ...]) -> Circuit:
    """The circuit of some gates as a function of the angles of its rotations."""
    gates = [Gate(name, wires, Angle() if name in ROTATIONS else None) for name, wires in shape]
    return Circuit(n_wires, tuple(gates), n_data=0, n_weights=0).by_angles()


def _angle(gate: Operator) -> np.ndarray:
    """In radians: one, or one for each row."""
    angle = np.asarray(gate.data[0])
    where = f"{gate.name} on wires {gate.wires.tolist()}"
    if np.iscomplexobj(angle):
        if np.abs(angle.imag).max(initial=0.0) > ROUNDING:
            raise DeviceError(f"{where}: a complex angle is not supported by qfusion")
        angle = angle.real
    angle = angle.astype(np.float64)
    wrong = np.flatnonzero(~np.isfinite(angle))
    if len(wrong):
        row = f" in row {wrong[0]} of {angle.size}" if angle.ndim else ""
        raise QfusionError(
            f"{where}: the angle is {angle.flat[wrong[0]]}{row}; look at the arguments of the "
            "QNode: features with missing values, or a training that diverged"
        )
    return angle


def _words(
    readings: Sequence[Reading], place: Mapping[object, int]
) -> tuple[tuple[str, ...], tuple[tuple[Reading, list[int]], ...]]:
    """Each word once, and where those of a reading stand."""
    columns: dict[str, int] = {}

    def position(pauli: Mapping[object, str]) -> int:
        text = letters_of(len(place), {place[wire]: letter for wire, letter in pauli.items()})
        return columns.setdefault(text, len(columns))

    found = tuple((each, [position(pauli) for pauli in each.words]) for each in readings)
    return tuple(columns), found
