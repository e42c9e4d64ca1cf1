"""The compiler: Pauli algebra, Clifford frames, and how few passes are left."""

from functools import reduce

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core import Angle, Circuit, Gate, Term
from qfusion_core.circuits.pauli_words import pauli_words
from qfusion_statevector.compiler.clifford_frame import SPELLING, CliffordFrame
from qfusion_statevector.compiler.pauli import Pauli
from qfusion_statevector.compiler.program import compile_program
from qfusion_statevector.compiler.schedule import Diagonal, Rotation, Schedule

N = 3
X, Z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])
OPERATIONS = {
    "H": qml.Hadamard,
    "Sdg": lambda wires: qml.adjoint(qml.S(wires)),
    "SXdg": lambda wires: qml.adjoint(qml.SX(wires)),
}
paulis = st.builds(Pauli, st.integers(0, 7), st.integers(0, 7), st.integers(0, 3))


def matrix(pauli):
    """On wires 0, 1, 2; wire 0 is the first factor."""
    factors = [
        np.linalg.matrix_power(X, pauli.x >> wire & 1)
        @ np.linalg.matrix_power(Z, pauli.z >> wire & 1)
        for wire in range(N)
    ]
    return 1j**pauli.p * reduce(np.kron, factors)


@given(paulis, paulis)
def test_words_multiply_like_their_matrices(a, b):
    assert np.allclose(matrix(a * b), matrix(a) @ matrix(b))
    commute = np.allclose(matrix(a) @ matrix(b), matrix(b) @ matrix(a))
    assert a.commutes(b) == commute


@st.composite
def cliffords(draw):
    names = draw(st.lists(st.sampled_from(sorted(SPELLING)), max_size=12))
    two = ("CNOT", "CZ", "SWAP")
    return [(n, tuple(draw(st.permutations(range(N)))[: 2 if n in two else 1])) for n in names]


@given(cliffords(), st.sampled_from(["XII", "IYI", "ZZX", "YXY"]))
def test_a_frame_turns_words_as_its_gates_do(gates, word):
    frame, unitary = CliffordFrame(N), np.eye(2**N)
    for name, wires in gates:
        frame.apply(name, wires)
        operation = OPERATIONS.get(name) or getattr(qml, name)
        unitary = qml.matrix(operation(wires=wires), wire_order=range(N)) @ unitary
    observable = qml.matrix(qml.pauli.string_to_pauli_word(word), wire_order=range(N))
    image = frame.image([(wire, letter) for wire, letter in enumerate(word) if letter != "I"])
    assert np.allclose(matrix(image), unitary.conj().T @ observable @ unitary)


@given(st.lists(st.tuples(paulis, st.booleans(), st.floats(-2, 2)), max_size=12))
def test_a_schedule_is_the_product_of_its_rotations(rotations):
    schedule, expected = Schedule(1), np.eye(2**N)[:, 0]

    def turned(pauli, angle, state):
        half = angle / 2
        return np.cos(half) * state - 1j * np.sin(half) * matrix(pauli) @ state

    for pauli, sampled, angle in rotations:
        pauli = pauli._replace(p=(pauli.x & pauli.z).bit_count() % 2 + (pauli.p & 2))
        schedule.add(pauli, np.array([angle if sampled else 0.0, 0.0 if sampled else angle]))
        expected = turned(pauli, angle, expected)
    state = np.eye(2**N)[:, 0]
    for step in schedule.steps:
        if isinstance(step, Rotation):
            state = turned(step.pauli, step.angle.sum(), state)
        else:
            for z, angle in step.angles.items():
                state = turned(Pauli(z=z), angle.sum(), state)
    assert np.isclose(abs(np.vdot(expected, state)), 1)  # equal, up to a phase


def ring(n, layers=3, by_wire=False, reupload=False):
    gates, weight = [], 0

    def turn(name, wire, source="weight"):
        nonlocal weight
        index = wire if source == "data" else weight
        weight += source == "weight"
        gates.append(Gate(name, (wire,), Angle((Term(source, index, 1.0),))))

    for layer in range(layers):
        if reupload or not layer:
            for wire in range(n):
                turn("RY", wire, "data")
        for wire in range(n):
            for name in ("RZ", "RY", "RZ") if by_wire else ("RY", "RZ"):
                turn(name, wire)
        gates += [Gate("CNOT", (wire, (wire + 1) % n)) for wire in range(n)]
    return Circuit(n, tuple(gates), n, weight)


def shape(program):
    diagonals = len(program.diagonals)
    return program.growing, len(program.steps) - program.growing - diagonals, diagonals


def test_a_ring_of_three_layers_is_nine_growths_eighteen_turns_and_three_phase_passes():
    assert shape(compile_program(ring(9), pauli_words("xyz", 9))) == (9, 18, 3)


def test_rotations_that_stand_wire_by_wire_share_their_phase_passes():
    circuit = ring(9, by_wire=True, reupload=True)
    assert shape(compile_program(circuit, pauli_words("xyz", 9))) == (9, 45, 6)


def test_what_no_observable_sees_is_left_out():
    assert shape(compile_program(ring(9), pauli_words("z+zz-all", 9))) == (9, 18, 2)
    gates = tuple(Gate("RX", (wire,), Angle((Term("weight", wire, 1.0),))) for wire in range(3))
    assert shape(compile_program(Circuit(3, gates, 0, 3), ["IZI"])) == (1, 0, 0)


@pytest.mark.parametrize("name", sorted(SPELLING))
def test_clifford_gates_cost_nothing(name):
    wires = (0, 1)[: 2 if name in ("CNOT", "CZ", "SWAP") else 1]
    program = compile_program(Circuit(2, (Gate(name, wires),), 0, 0), ["XY"])
    assert program.steps == ()


def test_a_hadamard_is_a_rotation_where_that_keeps_diagonals():
    zz = [Gate("H", (w,)) for w in range(4)]
    for layer in range(3):
        zz += [Gate("RZ", (w,), Angle((Term("weight", 4 * layer + w, 1.0),))) for w in range(4)]
        zz += [Gate("CNOT", (w, (w + 1) % 4)) for w in range(4)]
    program = compile_program(Circuit(4, tuple(zz), 0, 12), pauli_words("xyz", 4))
    assert shape(program) == (4, 0, 1)


def test_equal_rotations_become_one():
    gates = [Gate("RY", (0,), Angle((Term(s, 0, 1.0),))) for s in ("data", "weight", "data")]
    (step,) = compile_program(Circuit(1, tuple(gates), 1, 1), ["Z"]).steps
    assert step.angle.tolist() == [2.0, 1.0, 0.0]


def test_diagonals_of_one_layer_are_one_step():
    program = compile_program(ring(4, layers=2), pauli_words("xyz", 4))
    assert [len(d.angles) for d in program.diagonals] == [4, 4]
    assert all(isinstance(d, Diagonal) for d in program.diagonals)
