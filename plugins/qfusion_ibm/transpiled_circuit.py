"""A circuit as one parameterised Qiskit circuit, transpiled once, run with a matrix of angles."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from qfusion_core import Circuit
from qfusion_ibm.layout import SWAPS, best_layout

_METHODS = {
    "RX": "rx", "RY": "ry", "RZ": "rz", "H": "h", "X": "x", "Y": "y", "Z": "z", "S": "s",
    "Sdg": "sdg", "SX": "sx", "SXdg": "sxdg", "T": "t", "Tdg": "tdg", "CNOT": "cx", "CZ": "cz",
    "SWAP": "swap",
}  # fmt: skip
GATES = {name: gate for gate, name in _METHODS.items()}  # Qiskit's names of the gate set


@dataclass(frozen=True)
class TranspiledCircuit:
    """What a machine runs, with the angles open.

    Attributes:
        isa: A Qiskit circuit of the machine's own gates, on its qubits.
    """

    isa: Any

    @property
    def facts(self) -> dict[str, int]:
        """Shown by `qfusion estimate`."""
        return {
            "depth": self.isa.depth(),
            "two_qubit_gates": self.isa.num_nonlocal_gates(),
            "two_qubit_depth": self.isa.depth(lambda gate: len(gate.qubits) == 2),
            "swaps": self.isa.metadata[SWAPS],
        }

    @property
    def gates(self) -> set[str]:
        """Names of those that it has."""
        return set(self.isa.count_ops())

    def pub(self, angles: Tensor, observables: Sequence[str]) -> tuple[Any, ...]:
        """A primitive unified bloc: every row with every observable.

        Args:
            angles: ``[rows, n_angles]`` in radians, one column per rotation gate.
            observables: Pauli words, wire 0 first.
        """
        from qiskit.quantum_info import SparsePauliOp

        words = [
            # Qiskit writes qubit 0 last; the inner list broadcasts against the rows
            [SparsePauliOp(word[::-1]).apply_layout(self.isa.layout, self.isa.num_qubits)]
            for word in observables
        ]
        # the transpiler sorts parameters, and drops those that change nothing
        columns = [int(parameter.name[1:]) for parameter in self.isa.parameters]
        if not columns:
            return (self.isa, words)
        return (self.isa, words, angles[:, columns].numpy())


def to_qiskit(circuit: Circuit) -> Any:
    """A `QuantumCircuit` with the parameter ``a0`` for the first rotation, and so on."""
    from qiskit.circuit import Parameter, QuantumCircuit

    qiskit_circuit, column = QuantumCircuit(circuit.n_wires), 0
    for gate in circuit.gates:
        turns = []
        if gate.angle is not None:
            turns = [Parameter(f"a{column}")]
            column += 1
        getattr(qiskit_circuit, _METHODS[gate.name])(*turns, *gate.wires)
    return qiskit_circuit


def transpile(circuit: Circuit, target: Any, *, level: int, seed: int) -> TranspiledCircuit:
    """For a machine.

    Args:
        circuit: The template.
        target: Of the machine. Taken as it is: some backends make a new one whenever they are
            asked, and the transpiler asks a hundred times.
        level: Of optimisation.
        seed: Of the layout.
    """
    with known_warnings():
        return TranspiledCircuit(best_layout(to_qiskit(circuit), target, level=level, seed=seed))


@contextmanager
def known_warnings() -> Iterator[None]:
    """The SDK's warnings that tell the user nothing."""
    with warnings.catch_warnings():
        # qiskit's transpiler loads every plugin that is installed, and this one is deprecated
        warnings.filterwarnings("ignore", ".*IBMFractionalTranslationPlugin", DeprecationWarning)
        # what began with it ends with it
        warnings.filterwarnings("ignore", "The EstimatorV2 class is deprecated", DeprecationWarning)
        # the SDK says so of its own use of it, whenever a job is sent
        warnings.filterwarnings("ignore", "The RuntimeOptions class is", DeprecationWarning)
        # said of fake_nighthawk whenever it is made
        warnings.filterwarnings("ignore", "Properties of fake_.* are not intended", UserWarning)
        # said of calibrations with T2 > 2 T1; the SDK drops these in its own snapshots, too
        warnings.filterwarnings("ignore", module="qiskit_aer.noise.device.models")
        yield
