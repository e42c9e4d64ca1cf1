"""Circuits as data: what they hold, how they compare, how they print."""

import gc
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import pennylane as qml
import pytest
import torch

from qfusion_core import Angle, Circuit, Gate, InputError, QfusionError, Term, require_finite


def layers(data, weights):
    qml.AngleEmbedding(data, wires=range(3), rotation="Y")
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    qml.CRot(weights[0, 0, 0], data[1], weights[1, 2, 2], wires=[2, 0])
    qml.IsingYY(0.5, wires=[0, 1])


def traced():
    return Circuit.trace(layers, n_wires=3, n_data=3, weights_shape=(2, 3, 3))


def test_an_angle_may_mix_several_entries():
    circuit = Circuit.trace(
        lambda data, weights: qml.CRot(weights[0], weights[1], weights[2], wires=[0, 1]),
        n_wires=2, n_data=0, weights_shape=(3,),
    )  # fmt: skip
    assert circuit.gates[0] == Gate(
        "RZ", (1,), Angle((Term("weight", 0, 0.5), Term("weight", 2, -0.5)))
    )


def test_weights_are_numbered_row_by_row_and_terms_are_sorted():
    circuit = Circuit.trace(
        lambda data, weights: qml.RX(weights[1, 0] - 2 * data[1] + data[0] + 0.25, wires=0),
        n_wires=1, n_data=2, weights_shape=(2, 3),
    )  # fmt: skip
    terms = (Term("data", 0, 1.0), Term("data", 1, -2.0), Term("weight", 3, 1.0))
    assert circuit.gates == (Gate("RX", (0,), Angle(terms, 0.25)),)
    assert (circuit.n_data, circuit.n_weights, circuit.n_angles) == (2, 6, 1)


def test_functions_that_are_equal_but_for_rounding_give_one_circuit():
    size = {"n_wires": 1, "n_data": 1, "weights_shape": (1,)}
    one = Circuit.trace(lambda d, w: qml.RX((0.1 + 0.2) * d[0] + w[0] - w[0], wires=0), **size)
    two = Circuit.trace(lambda d, w: qml.RX(0.3 * d[0], wires=0), **size)
    assert one == two
    assert one.digest() == two.digest()


def test_what_does_nothing_is_dropped():
    def function(data, weights):
        qml.Identity(0)
        qml.Barrier(wires=[0, 1])
        qml.GlobalPhase(weights[0])
        qml.Snapshot()
        qml.adjoint(qml.S(1))

    circuit = Circuit.trace(function, n_wires=2, n_data=1, weights_shape=(1,))
    assert circuit.gates == (Gate("Sdg", (1,)),)


def test_tracing_works_where_gradients_are_off():
    """The first call of a loaded model is an evaluation."""
    expected = traced()
    with torch.no_grad():
        assert traced() == expected
    with torch.inference_mode():
        assert traced() == expected


def test_tracing_leaves_the_random_state_and_the_surrounding_tape_alone():
    before = torch.random.get_rng_state()
    with qml.tape.QuantumTape() as tape:
        traced()
    assert tape.operations == []
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("enabled", [True, False])
def test_tracing_leaves_the_search_for_cycles_as_it_was(enabled):
    seen = []

    def function(data, weights):
        seen.append(gc.isenabled())
        qml.RX(data[0] * weights[0], wires=0)

    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        traced()
        assert gc.isenabled() == enabled
        with pytest.raises(InputError):
            Circuit.trace(function, n_wires=1, n_data=1, weights_shape=(1,))
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()
    assert not any(seen)


def test_digest_is_the_same_in_another_process():
    program = (
        "import pennylane as qml; from qfusion_core import Circuit\n"
        "def f(d, w):\n"
        "    qml.AngleEmbedding(d, wires=range(3)); qml.CRot(*w, wires=[2, 0])\n"
        "    qml.QFT(wires=range(3)); qml.ctrl(qml.RX(d[0], 2), [0, 1])\n"
        "digest = Circuit.trace(f, n_wires=3, n_data=3, weights_shape=(3,)).digest()"
    )
    here: dict[str, str] = {}
    exec(program, here)
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    there = subprocess.run(
        [sys.executable, "-c", f"{program}\nprint(digest)"],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert there.stdout.strip() == here["digest"]
    assert len(here["digest"]) == 64


def test_digest_is_computed_once_and_does_not_travel():
    """A surrogate compares it in each call; whoever unpickles a circuit computes its own."""
    circuit = Circuit(1, (Gate("RX", (0,), Angle((Term("data", 0, 1.0),))),), 1, 0)
    assert circuit.digest() is circuit.digest()
    object.__setattr__(circuit, "_digest", "made up")
    assert pickle.loads(pickle.dumps(circuit)).digest() == replace(circuit).digest() != "made up"


@pytest.mark.parametrize(
    "change",
    [
        {"n_wires": 2},
        {"n_data": 2},
        {"n_weights": 2},
        {"gates": (Gate("RX", (0,), Angle((Term("weight", 0, 1.0),))),)},
        {"gates": (Gate("RX", (0,), Angle((Term("data", 0, 0.5),))),)},
        {"gates": (Gate("RX", (0,), Angle((Term("data", 0, 1.0),), 0.1)),)},
        {"gates": (Gate("RY", (0,), Angle((Term("data", 0, 1.0),))),)},
        {"gates": ()},
    ],
)
def test_every_part_counts_for_equality_and_digest(change):
    gate = Gate("RX", (0,), Angle((Term("data", 0, 1.0),)))
    parts = {"n_wires": 1, "gates": (gate,), "n_data": 1, "n_weights": 1}
    circuit, other = Circuit(**parts), Circuit(**{**parts, **change})
    assert circuit == Circuit(**parts)
    assert circuit != other
    assert circuit.digest() != other.digest()


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        (Gate("CRX", (0, 1)), r"gate 0 \(CRX on \[0, 1\]\): not in the gate set"),
        (Gate("CNOT", (0, 0)), r"expected 2 distinct wire\(s\)"),
        (Gate("X", (2,)), r"wires must lie in 0\.\.1"),
        (Gate("RX", (0,)), "rotations, and only they, carry an angle"),
        (Gate("X", (0,), Angle()), "rotations, and only they, carry an angle"),
        (Gate("RX", (0,), Angle((Term("weight", 3, 1.0),))), r"weight\[3\] outside 0\.\.2"),
    ],
)
def test_gates_that_cannot_be_are_refused(gate, text):
    with pytest.raises(InputError, match=text):
        Circuit(n_wires=2, gates=(gate,), n_data=1, n_weights=3)


def test_lists_serve_where_tuples_are_kept():
    turn = Gate("RY", [1], Angle([Term("data", 0, 1.0)]))
    circuit = Circuit(2, [turn, Gate("CNOT", [1, 0])], 1, 0)
    assert hash(circuit) == hash(Circuit(2, (turn, Gate("CNOT", (1, 0))), 1, 0))
    assert turn == Gate("RY", (1,), Angle((Term("data", 0, 1.0),)))


def test_queue_gives_the_operations_for_a_tape():
    circuit = traced()
    operations = circuit.queue(torch.arange(circuit.n_angles, dtype=torch.float64))
    bound = [op.parameters[0].item() for op in operations if op.parameters]
    assert bound == list(range(circuit.n_angles))
    assert len(operations) == len(circuit.gates)
    with pytest.raises(InputError, match=r"angles: expected shape \[\d+\] or \[rows, \d+\], got"):
        circuit.queue(torch.zeros(2, 3))


def test_drawing_shows_wires_and_formulas():
    def function(data, weights):
        qml.Hadamard(1)
        qml.RY(data[0] - 0.5 * weights[1] + 0.25, wires=0)
        qml.RX(-weights[0], wires=0)
        qml.RZ(3, wires=1)
        qml.CNOT(wires=[1, 0])
        qml.adjoint(qml.SX(2))

    circuit = Circuit.trace(function, n_wires=4, n_data=1, weights_shape=(2,))
    rows = circuit.draw().splitlines()
    assert [row.replace("─", " ").split()[1:-1] for row in rows] == [
        ["RY(x0-0.5*w1+0.25)", "RX(-w0)", "╭X"],
        ["H", "RZ(3)", "╰●"],
        ["SX†"],
        [],
    ]


def test_a_copy_that_travels_leaves_behind_what_is_cached():
    circuit = Circuit(1, (Gate("X", (0,)),), n_data=0, n_weights=0)
    assert hash(circuit) == hash(Circuit(1, (Gate("X", (0,)),), n_data=0, n_weights=0))
    copy = pickle.loads(pickle.dumps(circuit))
    assert copy == circuit
    assert vars(copy).keys() == {"n_wires", "gates", "n_data", "n_weights"}


def test_a_circuit_by_its_angles_has_the_same_gates_and_takes_them_as_data():
    circuit, nothing = traced(), torch.zeros(0, dtype=torch.float64)
    data, weights = torch.randn(4, 3).double(), torch.randn(circuit.n_weights).double()
    angles, by_angles = circuit.angles(data, weights), circuit.by_angles()
    assert [gate.name for gate in by_angles.gates] == [gate.name for gate in circuit.gates]
    assert torch.equal(by_angles.angles(angles, nothing), angles)


def test_depth_is_the_longest_path_and_gates_on_two_wires_are_counted():
    gates = (Gate("H", (0,)), Gate("CNOT", (0, 1)), Gate("X", (2,)), Gate("CZ", (1, 2)))
    circuit = Circuit(3, gates, n_data=0, n_weights=0)
    assert (circuit.depth, circuit.two_qubit_gates) == (3, 2)
    assert Circuit(2, (), n_data=0, n_weights=0).depth == 0


def test_finite_numbers_are_finite_even_where_their_sum_is_not():
    require_finite("data", torch.full((4,), 3e38))
    with pytest.raises(
        QfusionError, match=r"data: 1 entries are NaN or infinite, the first at \[1"
    ):
        require_finite("data", torch.tensor([3e38, torch.inf, 3e38]))
