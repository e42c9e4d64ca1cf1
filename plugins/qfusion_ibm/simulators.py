"""Aer with the noise of a machine, of the qubits and couplings that a circuit uses and no others.

Aer writes a noise model out in Python for each job, and its simulator reads it again: of a machine
with 156 qubits that are six seconds, whatever the circuit. The errors of gates and qubits that a
circuit does not touch change nothing.
"""

from __future__ import annotations

from typing import Any

from qfusion_ibm.template import known_warnings

Place = tuple[int, ...]  # qubits that a gate acts on, in its order


class Simulators:
    """One for each set of qubits and couplings.

    Args:
        backend: A snapshot, or a machine as it is calibrated today.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._made: dict[frozenset[Place], Any] = {}

    def of(self, circuit: Any, words: list[Any]) -> Any:
        """A Qiskit backend that runs a circuit as the machine would.

        Args:
            circuit: On the machine's qubits.
            words: Observables, likewise: `SparsePauliOp`.
        """
        used = {
            tuple(circuit.find_bit(qubit).index for qubit in gate.qubits) for gate in circuit.data
        }
        used |= {(qubit,) for place in used for qubit in place}
        for word in words:
            used |= {(int(q),) for q in (word.paulis.x | word.paulis.z).any(0).nonzero()[0]}
        if (places := frozenset(used)) not in self._made:
            with known_warnings():
                self._made[places] = _simulator(self._backend, places)
        return self._made[places]


def _simulator(backend: Any, places: frozenset[Place]) -> Any:
    from qiskit_aer import AerSimulator

    made = AerSimulator.from_backend(backend, noise_model=_noise(backend, places))
    # the SDK's local mode copies its backend for each job
    # (qiskit_ibm_runtime/fake_provider/local_service.py, _run)
    made.__deepcopy__ = lambda memo: made
    return made


def _noise(backend: Any, places: frozenset[Place]) -> Any:
    """The SDK's model of a snapshot, without what is elsewhere.

    Follows qiskit_ibm_runtime/fake_provider/fake_backend.py, `_get_noise_model_from_backend_v2`,
    which takes Aer's own functions with what is their default. It adds an error of delays; our
    circuits have none.
    """
    from qiskit_aer.noise import NoiseModel
    from qiskit_aer.noise.device.models import (
        basic_device_gate_errors,
        basic_device_readout_errors,
    )
    from qiskit_ibm_runtime.models import BackendProperties

    properties = backend.properties().to_dict()
    properties["gates"] = [gate for gate in properties["gates"] if tuple(gate["qubits"]) in places]
    part = BackendProperties.from_dict(properties)
    made = NoiseModel(basis_gates=backend.configuration().basis_gates)
    for on, error in basic_device_readout_errors(part):
        if tuple(on) in places:
            made.add_readout_error(error, on)
    for name, on, error in basic_device_gate_errors(part):
        made.add_quantum_error(error, name, on)
    return made
