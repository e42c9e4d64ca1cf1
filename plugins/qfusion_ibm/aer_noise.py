"""A snapshot's noise in Aer, of the qubits that a circuit uses and no others.

Aer writes a noise model out in Python for each job, and its simulator reads it again: of a machine
with 156 qubits that are six seconds, whatever the circuit. The errors of gates and qubits that a
circuit does not touch change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qfusion_ibm.template import known_warnings


class AerNoise:
    """Gives a snapshot the noise model of the circuit that it runs next."""

    def __init__(self) -> None:
        self._models: dict[frozenset[int], Any] = {}

    def prepare(self, snapshot: Any, circuit: Any, words: Iterable[Any]) -> None:
        """Set up the simulator in a snapshot.

        Args:
            snapshot: A `FakeBackendV2`. It would make a model of the whole machine when it first
                runs, unless it has a simulator (qiskit_ibm_runtime/fake_provider/fake_backend.py,
                `run`).
            circuit: On the machine's qubits.
            words: Observables, likewise.
        """
        from qiskit_aer import AerSimulator

        used = {circuit.find_bit(qubit).index for gate in circuit.data for qubit in gate.qubits}
        for word in words:
            used |= {int(qubit) for qubit in (word.paulis.x | word.paulis.z).any(0).nonzero()[0]}
        if (qubits := frozenset(used)) not in self._models:
            with known_warnings():
                self._models[qubits] = model(snapshot, qubits)
        if snapshot.sim is None:
            snapshot.sim = AerSimulator()
        snapshot.set_options(noise_model=self._models[qubits])


def model(snapshot: Any, qubits: frozenset[int]) -> Any:
    """The SDK's model of a snapshot, without what is on other qubits.

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

    properties = snapshot.properties().to_dict()
    properties["gates"] = [
        gate for gate in properties["gates"] if qubits.issuperset(gate["qubits"])
    ]
    part = BackendProperties.from_dict(properties)
    made = NoiseModel(basis_gates=snapshot.configuration().basis_gates)
    for on, error in basic_device_readout_errors(part):
        if qubits.issuperset(on):
            made.add_readout_error(error, on)
    for name, on, error in basic_device_gate_errors(part):
        made.add_quantum_error(error, name, on)
    return made
