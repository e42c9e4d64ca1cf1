"""A Qiskit circuit with parameters as a template, and its parameters as angles of its rotations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core import Angle, Circuit, Gate, InputError, one_line
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
        name: Of the circuit that it was taken from, for errors.
    """

    circuit: Circuit
    turns: tuple[Any, ...]
    parameters: tuple[Any, ...]
    name: str

    @classmethod
    def of(cls, circuit: Any) -> QiskitTemplate:
        """Take a circuit apart.

        Args:
            circuit: A `QuantumCircuit`; qubit 0 becomes wire 0.

        Raises:
            InputError: It measures, resets, or branches.
        """
        from qiskit import transpile
        from qiskit.exceptions import QiskitError

        for step in circuit.data:
            if way_out := _WAYS_OUT.get(name := step.operation.name):
                raise InputError(
                    f"circuit {circuit.name!r}: {name} is no gate that can be run; {way_out}"
                )

        try:
            with known_warnings():
                plain = transpile(circuit, basis_gates=sorted(GATES), optimization_level=0)
        except QiskitError as error:
            raise InputError(
                f"circuit {circuit.name!r}: expected gates that Qiskit can take apart into "
                f"rotations, CX and CZ; got one that it cannot: {one_line(error.message, 200)}; "
                "give an opaque gate a definition"
            ) from None
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
        parameters = tuple(circuit.parameters)
        return cls(template.by_angles(), tuple(turns), parameters, circuit.name)

    def angles(self, values: Numbers) -> Numbers:
        """Angles ``[rows, n_angles]`` of values ``[rows, parameters]``, in radians.

        Raises:
            InputError: A value is NaN or infinite, or an angle that is computed of some.
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
        from qiskit.circuit import Parameter

        own = sorted(getattr(turn, "parameters", ()), key=self.parameters.index)
        if not own:
            return np.full(len(values), self._bound(turn, [], np.zeros(0), ""))
        places = [self.parameters.index(parameter) for parameter in own]
        if isinstance(turn, Parameter):  # Qiskit 2.3 takes 1/a for equal to a
            return values[:, places[0]]
        rows = enumerate(values[:, places])
        return np.array(
            [self._bound(turn, own, row, f" in row {n} of {len(values)}") for n, row in rows]
        )

    def _bound(self, turn: Any, parameters: Sequence[Any], row: Numbers, where: str) -> float:
        """An expression with numbers for its parameters."""
        given = dict(zip(parameters, map(float, row), strict=True))
        try:
            angle = float(turn.bind(given) if given else turn)
            found = f"it is {angle}"
        except (ArithmeticError, RuntimeError, TypeError, ValueError) as error:  # by what is wrong
            angle, found = math.nan, one_line(error, 100)
        if not math.isfinite(angle):
            bound = ", ".join(f"{one_line(each.name, 40)} = {given[each]}" for each in given)
            raise InputError(
                f"circuit {self.name!r}: expected a real and finite angle of the expression "
                f"{one_line(turn, 80)!r}; got none{where}{bound and f', {bound}'}: {found}; bind "
                "other values, or write another expression"
            )
        return angle
