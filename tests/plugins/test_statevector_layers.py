"""Gate fusion: nothing lost, order kept on each wire, and as few passes as the circuit allows."""

from hypothesis import given
from hypothesis import strategies as st

from qfusion_core import Angle, Circuit, Gate, Term
from qfusion_core.circuit import FIXED, ROTATIONS
from qfusion_statevector.layers import MONOMIAL, fuse


def turn(name, wire, source="weight"):
    return Gate(name, (wire,), Angle((Term(source, 0, 1.0),)))


@st.composite
def circuits(draw):
    def gate(name):
        wires = tuple(draw(st.permutations(range(4)))[: FIXED.get(name, 1)])
        return turn(name, wires[0]) if name in ROTATIONS else Gate(name, wires)

    names = draw(st.lists(st.sampled_from([*ROTATIONS, *FIXED]), max_size=40))
    return Circuit(4, tuple(map(gate, names)), 1, 1)


def flatten(layers):
    for run in layers.start:
        yield from run.gates
    for monomial, runs in layers.rest:
        yield from monomial
        for run in runs:
            yield from run.gates


@given(circuits())
def test_each_wire_sees_its_gates_in_order(circuit):
    fused = list(flatten(fuse(circuit)))
    assert len(fused) == len(circuit.gates)
    for wire in range(circuit.n_wires):
        expected = [gate for gate in circuit.gates if wire in gate.wires]
        assert [p.gate for p in fused if wire in p.gate.wires] == expected


@given(circuits())
def test_each_rotation_keeps_its_angle(circuit):
    columns = {p.column: p.gate for p in flatten(fuse(circuit)) if p.column is not None}
    assert columns == dict(enumerate(circuit.rotations))


@given(circuits())
def test_monomial_layers_hold_nothing_else_and_a_wire_has_one_run_in_a_layer(circuit):
    layers = fuse(circuit)
    for monomial, runs in layers.rest:
        assert monomial
        assert {placed.gate.name for placed in monomial} <= MONOMIAL
        assert len({run.wire for run in runs}) == len(runs)


def test_a_ring_is_one_layer_and_the_first_rotations_need_none():
    gates = [turn("RY", wire, "data") for wire in range(4)]
    for _ in range(3):
        gates += [turn(name, wire) for wire in range(4) for name in ("RY", "RZ")]
        gates += [Gate("CNOT", (wire, (wire + 1) % 4)) for wire in range(4)]
    layers = fuse(Circuit(4, tuple(gates), 1, 1))
    assert [len(run.gates) for run in layers.start] == [3] * 4
    assert all(run.per_sample for run in layers.start)
    assert [(len(monomial), len(runs)) for monomial, runs in layers.rest] == [
        (4, 4),
        (4, 4),
        (4, 0),
    ]
    assert not any(run.per_sample for _, runs in layers.rest for run in runs)


def test_phases_between_cnots_stay_in_their_layer():
    zz = [Gate("CNOT", (0, 1)), turn("RZ", 1), Gate("CNOT", (0, 1))]
    layers = fuse(Circuit(2, (Gate("H", (0,)), Gate("H", (1,)), *zz, turn("RX", 0)), 1, 1))
    assert [(len(monomial), len(runs)) for monomial, runs in layers.rest] == [(3, 1)]
