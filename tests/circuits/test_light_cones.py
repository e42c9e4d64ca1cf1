"""Light cones: what is cut off changes no value, and equal shapes are equal circuits."""

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_core import Angle, Circuit, Gate, Term, light_cones
from qfusion_core.circuits.gates import FIXED, ROTATIONS
from qfusion_core.circuits.reach import reach
from support.layered_circuits import layered, neighbours


def values(circuit, data, weights, words):
    """By PennyLane, gate by gate."""
    import pennylane as qml

    @qml.qnode(qml.device("default.qubit", wires=max(1, circuit.n_wires)))
    def run():
        circuit.to_pennylane(data, weights)
        return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words]

    return torch.tensor([float(value) for value in run()], dtype=torch.float64)


def in_cones(circuit, data, weights, words):
    found = torch.full((len(words),), torch.nan, dtype=torch.float64)
    for cone in light_cones(circuit, words):
        entries = data[list(cone.data)], weights[list(cone.weights)]
        found[list(cone.observables)] = values(cone.circuit, *entries, cone.words)
    return found


def entries(circuit, seed=0):
    generator = torch.Generator().manual_seed(seed)
    sizes = circuit.n_data, circuit.n_weights
    return [torch.randn(size, generator=generator, dtype=torch.float64) for size in sizes]


@st.composite
def cases(draw):
    n_wires = draw(st.integers(2, 5))
    names = sorted(ROTATIONS) * 2 + sorted(FIXED) + ["CNOT", "CZ", "SWAP"] * 4
    gates = []
    for name in draw(st.lists(st.sampled_from(names), max_size=20)):
        wires = draw(st.permutations(range(n_wires)))[: FIXED.get(name, 1)]
        term = Term(draw(st.sampled_from(["data", "weight"])), draw(st.integers(0, 2)), 0.7)
        angle = Angle((term,), 0.3) if name in ROTATIONS else None
        gates.append(Gate(name, tuple(wires), angle))
    letters = st.text("IXYZ", min_size=n_wires, max_size=n_wires)
    return Circuit(n_wires, tuple(gates), 3, 3), draw(st.lists(letters, min_size=1, max_size=5))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_the_values_of_the_cones_are_those_of_the_whole(case):
    circuit, words = case
    data, weights = entries(circuit)
    torch.testing.assert_close(
        in_cones(circuit, data, weights, words), values(circuit, data, weights, words),
        rtol=0, atol=1e-10,
    )  # fmt: skip


@given(cases())
def test_each_word_is_answered_once_and_each_cone_is_as_small_as_it_can_be_renumbered(case):
    circuit, words = case
    cones = light_cones(circuit, words)
    assert sorted(number for cone in cones for number in cone.observables) == [*range(len(words))]
    for cone in cones:
        assert list(cone.wires) == sorted(cone.wires) and len(cone.wires) == cone.circuit.n_wires
        assert (len(cone.data), len(cone.weights)) == (cone.circuit.n_data, cone.circuit.n_weights)
        met = {"data": [], "weight": []}
        for gate in cone.circuit.rotations:
            for term in gate.angle.terms:
                if term.index not in met[term.source]:
                    met[term.source].append(term.index)
        assert met == {"data": [*range(len(cone.data))], "weight": [*range(len(cone.weights))]}


@pytest.mark.parametrize(
    ("name", "word", "acts"),
    [
        ("CZ", "ZZ", False), ("CZ", "XI", True), ("CZ", "IZ", False), ("CZ", "YY", True),
        ("CNOT", "ZI", False), ("CNOT", "IX", False), ("CNOT", "ZX", False), ("CNOT", "IZ", True),
        ("CNOT", "ZZ", True), ("SWAP", "XX", False), ("SWAP", "XY", True), ("SWAP", "II", False),
    ],
)  # fmt: skip
def test_gates_that_commute_with_a_word_drop_out(name, word, acts):
    (cone,) = light_cones(Circuit(2, (Gate(name, (0, 1)),), 0, 0), [word])
    assert len(cone.circuit.gates) == acts


@pytest.mark.parametrize("name", sorted([*ROTATIONS, *(g for g in FIXED if FIXED[g] == 1)]))
@pytest.mark.parametrize("letter", "XYZ")
def test_a_gate_on_one_wire_drops_out_if_and_only_if_it_commutes(name, letter):
    import numpy as np
    import pennylane as qml

    gate = Gate(name, (0,), Angle((), 0.7) if name in ROTATIONS else None)
    angles = torch.full((int(name in ROTATIONS),), 0.7, dtype=torch.float64)
    (operation,) = Circuit(1, (gate,), 0, 0).queue(angles)
    unitary, pauli = (np.asarray(qml.matrix(of)) for of in (operation, getattr(qml, letter)(0)))
    commutes = np.allclose(unitary @ pauli, pauli @ unitary)
    (cone,) = light_cones(Circuit(1, (gate,), 0, 0), [letter])
    assert len(cone.circuit.gates) == (not commutes)


@pytest.mark.parametrize(
    ("layers", "entangler", "widest"),
    [
        (1, "brick-cz", 4), (2, "brick-cz", 6), (3, "brick-cz", 8), (4, "brick-cz", 10),
        # a last CNOT commutes with Z on its control
        (1, "brick", 3), (2, "brick", 4), (3, "brick", 6), (4, "brick", 8),
        (1, "ring", 30), (2, "strong", 30), (1, "none", 2),
    ],
)  # fmt: skip
def test_how_wide_cones_are(layers, entangler, widest):
    circuit = layered(30, layers, entangler)
    assert circuit.width(neighbours(30)) == f"30 qubits, widest cone {widest}"


def test_all_cones_of_the_inside_are_equal_circuits():
    cones = light_cones(layered(156, 3, "brick-cz"), neighbours(156))
    assert len(cones) == 75
    assert len({(cone.circuit, cone.words) for cone in cones}) == 3


def test_gates_are_gone_through_once_however_many_words_there_are():
    circuit, words = layered(100, 3, "brick"), neighbours(100)
    gates = _Counted(circuit.gates)
    reach(100, gates, words)
    assert gates.taken == len(gates)


class _Counted(tuple):
    taken = 0

    def __getitem__(self, key):
        _Counted.taken += 1
        return super().__getitem__(key)


def test_neighbours_join_where_that_costs_less():
    circuit, words = layered(9, 1, "linear"), ["IIIZIIIII", "IIIIZIIII"]
    assert len(light_cones(circuit, words)) == 1  # one lies in the other
    circuit = layered(9, 1, "brick-cz")
    words = ["IIIIXIIII", "IIIXIIIII"]
    apart = light_cones(circuit, words)
    assert light_cones(circuit, words, lambda cone: 2 ** len(cone.wires)) == apart
    words = neighbours(9)
    joined = light_cones(circuit, words, lambda cone: len(cone.wires))
    assert len(joined) < len(light_cones(circuit, words))
    data, weights = entries(circuit, 1)
    found = torch.zeros(len(words), dtype=torch.float64)
    for cone in joined:
        of = data[list(cone.data)], weights[list(cone.weights)]
        found[list(cone.observables)] = values(cone.circuit, *of, cone.words)
    torch.testing.assert_close(found, values(circuit, data, weights, words), rtol=0, atol=1e-10)


def test_words_without_letters_and_no_words():
    circuit = layered(3, 1, "ring")
    (cone,) = light_cones(circuit, ["III"])
    assert (cone.wires, cone.circuit.gates, cone.words) == ((0,), (), ("I",))
    assert light_cones(circuit, []) == () and circuit.width([]) == "3 qubits, widest cone 0"
    assert light_cones(Circuit(0, (), 0, 0), [""])[0].wires == ()


def test_a_circuit_says_how_wide_it_is_and_what_of_it_counts():
    circuit = layered(100, 3, "brick-cz")
    assert circuit.width(neighbours(100)) == "100 qubits, widest cone 8"
    assert repr(circuit) == (
        "<Circuit: 100 qubits, widest cone of neighbouring ZZ 8; 1049 gates, 100 data and 800 "
        "weight entries>"
    )
    assert repr(Circuit(1, (), 0, 0)).startswith("<Circuit: 1 qubit, widest cone of ")


def test_a_seeded_shuffle_of_commuting_gates_has_the_same_cones():
    circuit = layered(12, 2, "brick")
    cones = light_cones(circuit, neighbours(12))
    gates, layer = list(circuit.gates), 12 + 24
    block = gates[layer : layer + 6]  # CNOTs on pairs that do not meet
    random.Random(0).shuffle(block)
    shuffled = Circuit(12, (*gates[:layer], *block, *gates[layer + 6 :]), 12, circuit.n_weights)
    assert [c.wires for c in light_cones(shuffled, neighbours(12))] == [c.wires for c in cones]
