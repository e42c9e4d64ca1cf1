"""Errors of a machine's gates and readout, of one place after another as they are needed.

To make them of all of a machine with 156 qubits takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

Operands = tuple[int, ...]  # qubits that a gate acts on, in its order


class MachineErrors:
    """The SDK's noise model of a snapshot, in parts.

    Follows qiskit_ibm_runtime/fake_provider/fake_backend.py, `_get_noise_model_from_backend_v2`,
    which takes Aer's own functions with what is their default. It adds an error of delays; our
    circuits have none.

    Args:
        backend: A snapshot, or a machine as it is calibrated today.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._gates: dict[Operands, list[tuple[str, Any]]] = {}

    def model(self, operands: frozenset[Operands], only: Operands | None) -> Any:
        """A `NoiseModel` of what happens on some qubits and couplings, and nowhere else.

        Args:
            operands: Where.
            only: The qubits, counted in this order; None: as the machine counts them.
        """
        from qiskit_aer.noise import NoiseModel

        self._learn(operands - self._gates.keys())
        model = NoiseModel(basis_gates=self._backend.configuration().basis_gates)
        number = _numbers(operands, only)
        for on in sorted(operands):
            places = [number[qubit] for qubit in on]
            if on in self._readout:
                model.add_readout_error(self._readout[on], places)
            for name, error in self._gates[on]:
                model.add_quantum_error(error, name, places)
        return model

    def reading(self, operands: frozenset[Operands], only: Operands | None) -> dict[int, Any]:
        """Of qubits, numbered as in `model`: ``[is, read]``, the chance of what is read.

        Some snapshots have an error of measuring before that of reading. Relaxation and
        depolarisation turn no coherence into a population: what they do to those is all there is.
        """
        import numpy as np
        from qiskit.quantum_info import SuperOp

        found = {}
        self._learn(operands - self._gates.keys())
        for qubit, number in _numbers(operands, only).items():
            chances = np.eye(2)
            for error in (error for name, error in self._gates[qubit,] if name == "measure"):
                populations = SuperOp(error).data[::3, ::3]  # [became, was]
                chances = chances @ populations.real.T
            if (qubit,) in self._readout:
                chances = chances @ self._readout[qubit,].probabilities
            found[number] = chances
        return found

    @cached_property
    def _properties(self) -> dict[str, Any]:
        properties: dict[str, Any] = self._backend.properties().to_dict()
        return properties

    @cached_property
    def _readout(self) -> dict[Operands, Any]:
        from qiskit_aer.noise.device.models import basic_device_readout_errors

        return {tuple(on): e for on, e in basic_device_readout_errors(self._part(()))}

    def _learn(self, operands: Iterable[Operands]) -> None:
        from qiskit_aer.noise.device.models import basic_device_gate_errors

        wanted = set(operands)
        self._gates |= {on: [] for on in wanted}
        if wanted:
            for name, on, error in basic_device_gate_errors(self._part(wanted)):
                self._gates[tuple(on)].append((name, error))

    def _part(self, operands: Iterable[Operands]) -> Any:
        """Qiskit's `BackendProperties`, with the gates of these places alone."""
        from qiskit_ibm_runtime.models import BackendProperties

        gates = [gate for gate in self._properties["gates"] if tuple(gate["qubits"]) in operands]
        return BackendProperties.from_dict({**self._properties, "gates": gates})


def _numbers(operands: Iterable[Operands], only: Operands | None) -> dict[int, int]:
    qubits = [on[0] for on in operands if len(on) == 1]
    return {qubit: qubit if only is None else only.index(qubit) for qubit in qubits}
