"""Shots that are drawn here are as often this and that as those that Aer draws."""

import math

import numpy as np
import pytest

from qfusion_ibm.noisy_aer import NoisyAer
from qfusion_ibm.snapshots import open_local
from qfusion_ibm.transpiled_circuit import known_warnings

SHOTS = 40_000


def simulator(name="fake_manila", two_qubit_gate="cx"):
    from qiskit.circuit import QuantumCircuit

    with known_warnings():
        return NoisyAer(open_local(name)).of(chain(QuantumCircuit(3), 3, two_qubit_gate), [])


def chain(circuit, qubits, two_qubit_gate="cx"):
    """Gates that a machine has, entangling the first qubits."""
    for qubit in range(qubits):
        circuit.sx(qubit)
        circuit.rz(0.9 + qubit, qubit)
        circuit.sx(qubit)
    for qubit in range(qubits - 1):
        getattr(circuit, two_qubit_gate)(qubit, qubit + 1)
    return circuit


def shares(counts, outcomes):
    return np.array([counts.get(outcome, 0) for outcome in outcomes]) / sum(counts.values())


@pytest.mark.parametrize(
    ("name", "gate"), [("fake_manila", "cx"), ("fake_yorktown", "cx"), ("fake_nighthawk", "cz")]
)
def test_outcomes_are_as_often_as_in_aer(name, gate):
    """The last has errors of measuring besides those of reading."""
    from qiskit.circuit import QuantumCircuit
    from qiskit_aer import AerSimulator

    ours = simulator(name, gate)
    errors = ours.options.noise_model.to_dict()["errors"]
    kinds = {error["type"] for error in errors if error["operations"] == ["measure"]}
    assert kinds == ({"roerror", "qerror"} if gate == "cz" else {"roerror"})
    aer = AerSimulator(noise_model=ours.options.noise_model, seed_simulator=1)
    ones = QuantumCircuit(3, 3)
    ones.x(range(3))
    ones.measure(range(3), range(3))
    mixed = chain(QuantumCircuit(3, 3), 3, gate)
    mixed.measure(range(3), range(3))
    for circuit in (ones, mixed):
        theirs = aer.run(circuit, shots=SHOTS).result().get_counts()
        own = ours.run(circuit, shots=10**7, seed_simulator=1).result().get_counts()
        outcomes = [f"{number:03b}" for number in range(8)]
        expected = shares(own, outcomes)
        spread = np.sqrt(expected * (1 - expected) / SHOTS)
        assert (np.abs(shares(theirs, outcomes) - expected) < 5 * spread + 1 / SHOTS).all()


def test_rows_of_angles_stand_in_their_order():
    from qiskit.circuit import Parameter, QuantumCircuit

    ours, circuits, rows = simulator(), [], ([0.1, 1.5, 3.0], [2.2])
    for qubit, _ in enumerate(rows):
        circuit = QuantumCircuit(3, 1)
        circuit.sx(qubit)
        circuit.rz(Parameter("a") + math.pi, qubit)
        circuit.sx(qubit)
        circuit.measure(qubit, 0)
        circuits.append(circuit)
    binds = [
        {parameter: angles for parameter in circuit.parameters}
        for circuit, angles in zip(circuits, rows, strict=True)
    ]
    result = ours.run(circuits, shots=SHOTS, parameter_binds=binds, seed_simulator=2).result()
    found = [shares(result.get_counts(number), ["1"])[0] for number in range(4)]
    wanted = [math.sin(angle / 2) ** 2 for angle in (*rows[0], *rows[1])]
    assert found == pytest.approx(wanted, abs=0.08)


def test_classical_bits_are_where_the_circuit_has_them():
    from qiskit.circuit import ClassicalRegister, QuantumCircuit, QuantumRegister

    circuit = QuantumCircuit(QuantumRegister(3), ClassicalRegister(3, "a"))
    circuit.add_register(ClassicalRegister(2, "b"))
    circuit.x([0, 2])
    circuit.barrier()
    circuit.measure([0, 1, 2], [4, 1, 0])  # bits 2 and 3 are of nobody
    result = simulator().run(circuit, shots=500, memory=True, seed_simulator=5).result()
    counts, memory = result.get_counts(), result.get_memory()
    assert max(counts, key=counts.get) == "10 001"
    assert sum(counts.values()) == len(memory) == 500
    assert {each: memory.count(each) for each in memory} == counts
    assert memory != sorted(memory)  # as they come


def test_a_seed_repeats():
    from qiskit.circuit import QuantumCircuit

    circuit = chain(QuantumCircuit(3, 3), 3)
    circuit.measure(range(3), range(3))
    ours = simulator()
    one, same, other = (
        ours.run([circuit] * 2, shots=900, seed_simulator=seed, memory=True).result()
        for seed in (3, 3, 4)
    )
    assert one.get_memory(0) == same.get_memory(0) != other.get_memory(0)
    assert one.get_memory(0) != one.get_memory(1)


def test_what_goes_on_after_a_measurement_is_left_to_aer():
    from qiskit.circuit import QuantumCircuit

    circuit = QuantumCircuit(3, 2)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.x(0)
    circuit.measure(0, 1)
    counts = simulator().run(circuit, shots=400, seed_simulator=1).result().get_counts()
    assert counts["01"] > 300 and sum(counts.values()) == 400


def test_fewer_shots_than_outcomes_are_left_to_aer():
    """It runs each of them as a state vector, which is less than one density matrix."""
    from qiskit.circuit import QuantumCircuit

    circuit = chain(QuantumCircuit(3, 3), 3)
    circuit.measure(range(3), range(3))
    ours = simulator()
    few, many = (ours.run(circuit, shots=shots).result().results[0] for shots in (8, 9))
    assert (few.metadata["method"], many.metadata["method"]) == ("statevector", "density_matrix")
    assert (few.shots, many.shots) == (8, 9)
