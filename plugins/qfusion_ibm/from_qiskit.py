"""A Qiskit circuit with parameters as a template, and its parameters as angles of its rotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core import Angle, Circuit, Gate, InputError
from qfusion_ibm.transpiled_circuit import GATES, known_warnings

Numbers = NDArray[np.float64]
_NOTHING = ("barrier", "id", "delay")
_WAYS_OUT = {
    "measure": "an estimator measures at the end by itself: "
    "circuit.remove_final_measurements(inplace=False) is without",
    "initialize": "it begins with a reset; circuit.prepare_state(...) is without",
    "reset": "qubits begin in 0; where one is used again, take another",
}


@dataclass(frozen=True)
class QiskitTemplate:
    """A circuit of the gate set.

    Attributes:
        circuit: A function of the angles of its rotations.
        turns: Of each rotation: a number, or an expression of parameters.
        parameters: In the order of their values.
    """

    circuit: Circuit
    turns: tuple[Any, ...]
    parameters: tuple[Any, ...]

    @classmethod
    def of(cls, circuit: Any) -> QiskitTemplate:
        """Take a circuit apart.

        Args:
            circuit: A `QuantumCircuit`; qubit 0 becomes wire 0.

        Raises:
            InputError: It measures, resets, or branches.
        """
        from qiskit import transpile

        for step in circuit.data:
            if way_out := _WAYS_OUT.get(name := step.operation.name):
                raise InputError(
                    f"circuit {circuit.name!r}: {name} is no gate that can be run; {way_out}"
                )

        with known_warnings():
            plain = transpile(circuit, basis_gates=sorted(GATES), optimization_level=0)
        gates, turns = [], []
        for step in plain.data:
            name = step.operation.name
            if name in _NOTHING:
                continue
            if name not in GATES:
                raise InputError(
                    f"circuit {circuit.name!r}: {name} is no gate that can be run; expected gates "
                    "alone"
                )
            wires = tuple(plain.find_bit(qubit).index for qubit in step.qubits)
            gates.append(Gate(GATES[name], wires, Angle() if step.operation.params else None))
            turns += step.operation.params
        template = Circuit(max(1, plain.num_qubits), tuple(gates), n_data=0, n_weights=0)
        return cls(template.by_angles(), tuple(turns), tuple(circuit.parameters))

    def angles(self, values: Numbers) -> Numbers:
        """Angles ``[rows, n_angles]`` of values ``[rows, parameters]``, in radians.

        Raises:
            InputError: A value is NaN or infinite.
        """
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            row, place = wrong[0]
            raise InputError(
                f"parameter {self.parameters[place].name!r} is {values[row, place]} in row {row} "
                f"of {len(values)}; look at what is bound: features with missing values, or a "
                "training that diverged"
            )
        columns = [self._column(turn, values) for turn in self.turns]
        return np.stack(columns, axis=1) if columns else np.zeros((len(values), 0))

    def _column(self, turn: Any, values: Numbers) -> Numbers:
        own = sorted(getattr(turn, "parameters", ()), key=self.parameters.index)
        if not own:
            return np.full(len(values), float(turn))
        places = [self.parameters.index(parameter) for parameter in own]
        if turn == own[0]:
            return values[:, places[0]]
        return np.array([_bound(turn, own, row) for row in values[:, places]])


def _bound(turn: Any, parameters: Sequence[Any], row: Numbers) -> float:
    return float(turn.bind(dict(zip(parameters, map(float, row), strict=True))))
