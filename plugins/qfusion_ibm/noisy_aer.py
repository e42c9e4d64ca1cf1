"""Aer with the noise of a machine, of the qubits and couplings that a circuit uses and no others.

Aer writes a noise model out in Python for each job, and its simulator reads it again: of a machine
with 156 qubits that are six seconds, whatever the circuit. The errors of gates and qubits that a
circuit does not touch change nothing.
"""

from __future__ import annotations

from typing import Any

from qfusion_ibm.machine_errors import MachineErrors, Operands
from qfusion_ibm.transpiled_circuit import known_warnings


class NoisyAer:
    """One for each set of qubits and couplings.

    Args:
        backend: A snapshot, or a machine as it is calibrated today.
    """

    def __init__(self, backend: Any) -> None:
        self._errors = MachineErrors(backend)
        self._backend = backend
        self._simulators: dict[tuple[frozenset[Operands], Operands | None], Any] = {}

    def of(self, circuit: Any, words: list[Any]) -> Any:
        """A Qiskit backend that runs a circuit as the machine would.

        Args:
            circuit: On the machine's qubits.
            words: Observables, likewise: `SparsePauliOp`.
        """
        return self._of(_operands_of(circuit, words))

    def cut(self, circuit: Any, words: list[Any]) -> tuple[Any, Any, list[Any]]:
        """The same for a program that measures all qubits there are.

        Returns:
            The backend, and circuit and words on the qubits that are used, in their order.
        """
        operands = _operands_of(circuit, words)
        qubits = sorted(qubit for on in operands if len(on) == 1 for qubit in on)
        return self._of(operands, tuple(qubits)), *_cut(circuit, words, qubits)

    def _of(self, operands: frozenset[Operands], only: Operands | None = None) -> Any:
        if (operands, only) not in self._simulators:
            with known_warnings():
                self._simulators[operands, only] = self._simulator(operands, only)
        return self._simulators[operands, only]

    def _simulator(self, operands: frozenset[Operands], only: Operands | None) -> Any:
        from qfusion_ibm.drawing_simulator import DrawingSimulator

        noise = self._errors.model(operands, only)
        reading = self._errors.reading(operands, only)
        if only is not None:
            return DrawingSimulator(noise_model=noise, reading=reading)
        return DrawingSimulator.from_backend(self._backend, noise_model=noise, reading=reading)


def _operands_of(circuit: Any, words: list[Any]) -> frozenset[Operands]:
    """Where gates are, and every qubit that they or the words are on."""
    used = {tuple(circuit.find_bit(qubit).index for qubit in gate.qubits) for gate in circuit.data}
    used |= {(qubit,) for on in used for qubit in on}
    for word in words:
        used |= {(int(q),) for q in (word.paulis.x | word.paulis.z).any(0).nonzero()[0]}
    return frozenset(used)


def _cut(circuit: Any, words: list[Any], qubits: list[int]) -> tuple[Any, list[Any]]:
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import PauliList, SparsePauliOp

    number = {qubit: position for position, qubit in enumerate(qubits)}
    small = QuantumCircuit(len(qubits))
    for gate in circuit.data:
        on = [number[circuit.find_bit(qubit).index] for qubit in gate.qubits]
        small.append(gate.operation, on)
    paulis = [
        PauliList.from_symplectic(w.paulis.z[:, qubits], w.paulis.x[:, qubits]) for w in words
    ]
    return small, [SparsePauliOp(p, w.coeffs) for p, w in zip(paulis, words, strict=True)]
