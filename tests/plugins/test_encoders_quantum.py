from __future__ import annotations

from math import pi

import pennylane as qml
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from qfusion_core import Circuit, InputError
from qfusion_core.circuits.pauli_words import READOUTS
from qfusion_core.testing import QuantumEncoderContract, ReferenceDevice
from qfusion_encoders.ansatz import initial_weights
from qfusion_encoders.hardware_efficient import HardwareEfficient
from qfusion_encoders.reuploading import Reuploading
from qfusion_encoders.sham import Sham


class TestStrong(QuantumEncoderContract):
    component = HardwareEfficient

    def options(self):
        return HardwareEfficient.Options(
            qubits=3, entangler="strong", readout="xyz+pairs", layout="per-qubit", layers=2
        )


class TestRaw(QuantumEncoderContract):
    component = HardwareEfficient

    def options(self):
        return HardwareEfficient.Options(
            entangler="linear", weights_init="uniform", standardise=False, encoding_scale=1.0
        )


class TestChunks(QuantumEncoderContract):
    component = Reuploading

    def options(self):
        return Reuploading.Options(qubits=2, layers=2, readout="z+zz-ring")


class TestShamRaw(QuantumEncoderContract):
    component = Sham

    def options(self):
        return Sham.Options(standardise=False, readout="z+zz-all", layout="per-qubit")


def gates(encoder, name):
    return [gate.wires for gate in encoder.traced.gates if gate.name == name]


@given(
    qubits=st.integers(1, 6),
    layers=st.integers(1, 3),
    entangler=st.sampled_from(["ring", "linear", "brick", "none"]),
    gate=st.sampled_from(["cnot", "cz"]),
)
@settings(max_examples=25, deadline=None)
def test_entanglers_have_the_pairs_of_their_name(qubits, layers, entangler, gate):
    options = HardwareEfficient.Options(layers=layers, entangler=entangler, entangling_gate=gate)
    encoder = HardwareEfficient(options, n_features=qubits)
    line = [(wire, wire + 1) for wire in range(qubits - 1)]
    closing = [(qubits - 1, 0)] if qubits > 2 else []
    expected = {
        "none": [[], []],
        "linear": [line, line],
        "ring": [line + closing] * 2,
        "brick": [line[::2], line[1::2]],
    }[entangler]
    assert gates(encoder, gate.upper()) == [
        pair for number in range(layers) for pair in expected[number % 2]
    ]
    rotations = layers + (gate == "cz" and entangler != "none")  # a last CZ is seen by no Z
    assert len(gates(encoder, "RY")) == qubits * (1 + rotations)
    assert len(gates(encoder, "RZ")) == qubits * rotations


@pytest.mark.parametrize("component", [HardwareEfficient, Reuploading])
@pytest.mark.parametrize("entangler", ["ring", "linear", "brick", "strong"])
def test_with_cz_every_gate_is_seen(component, entangler):
    """Each weight has a gradient but the RZ of those wires that nothing has turned yet."""
    torch.manual_seed(0)
    options = component.Options(
        layers=2, entangler=entangler, entangling_gate="cz", readout="z+zz-line", standardise=False
    )
    encoder = component(options, n_features=4).double()
    encoder.device = ReferenceDevice(ReferenceDevice.example())
    (encoder(torch.randn(5, 4, dtype=torch.float64)) ** 2).sum().backward()
    seen = encoder.weights.grad.abs() > 1e-12
    assert seen[..., :2].all() if entangler != "strong" else seen[..., 1].all()


@pytest.mark.parametrize("gate", ["CNOT", "CZ"])
def test_strong_takes_its_gate(gate):
    options = HardwareEfficient.Options(entangler="strong", layers=3, entangling_gate=gate.lower())
    encoder = HardwareEfficient(options, n_features=4)
    pairs = [(w, (w + r) % 4) for r in (1, 2, 3) for w in range(4)]
    assert gates(encoder, gate) == pairs
    assert encoder.weights_shape == (3 + (gate == "CZ"), 4, 3)


@pytest.mark.parametrize(
    ("repeat", "entries"), [("cycle", [0, 1, 2, 0, 1, 2, 0]), ("stretch", [0, 0, 0, 1, 1, 2, 2])]
)
@pytest.mark.parametrize("component", [HardwareEfficient, Reuploading, Sham])
def test_features_are_repeated_over_the_qubits(component, repeat, entries):
    encoder = component(component.Options(qubits=7, repeat=repeat), n_features=3)
    assert encoder.angles.scale.shape == (7,)
    torch.nn.init.ones_(encoder.angles.scale)
    x = torch.randn(5, 3)
    torch.testing.assert_close(encoder.angles(x), pi * torch.tanh(x[:, entries]))
    if component is not Sham:
        angles = [gate.angle.terms[0].index for gate in encoder.traced.gates[:7]]
        assert angles == list(range(7)), "one entry for each qubit, however often it enters"


def test_more_features_than_qubits_are_not_repeated():
    encoder = Reuploading(Reuploading.Options(qubits=2, layers=2, repeat="cycle"), n_features=4)
    assert encoder.traced.n_data == 4


@pytest.mark.parametrize("component", [HardwareEfficient, Sham])
@pytest.mark.parametrize("layout", ["per-observable", "per-qubit"])
def test_tokens_say_where_they_lie(component, layout):
    options = component.Options(qubits=3, readout="z+zz-line", layout=layout)
    positions = component(options, n_features=3).token_positions
    expected = {
        "per-observable": [[0, 1], [1, 1], [2, 1], [0.5, 2], [1.5, 2]],
        # an end has one pair, which stands twice: Z0, Z0 Z1, Z0 Z1
        "per-qubit": [[2 / 5, 5 / 3], [1, 5 / 3], [8 / 5, 5 / 3]],
    }[layout]
    torch.testing.assert_close(positions, torch.tensor(expected))


@pytest.mark.parametrize("qubits", [1, 2, 4, 5])
def test_strong_is_pennylane_s_template(qubits):
    encoder = HardwareEfficient(
        HardwareEfficient.Options(entangler="strong", layers=5), n_features=qubits
    )

    def template(data, weights):
        qml.AngleEmbedding(data, wires=range(qubits), rotation="Y")
        qml.StronglyEntanglingLayers(weights, wires=range(qubits))

    expected = Circuit.trace(
        template, n_wires=qubits, n_data=qubits, weights_shape=encoder.weights_shape
    )
    assert encoder.traced == expected


@given(x=st.lists(st.floats(-50, 50), min_size=3, max_size=3), scale=st.floats(0.05, 2))
@settings(max_examples=20, deadline=None)
def test_without_layers_of_effect_z_is_the_cosine_of_the_angle(x, scale):
    options = HardwareEfficient.Options(
        entangler="none", layers=1, readout="z", encoding_scale=scale, standardise=False
    )
    encoder = HardwareEfficient(options, n_features=3).double()
    encoder.device = ReferenceDevice(ReferenceDevice.example())
    torch.nn.init.zeros_(encoder.weights)
    torch.nn.init.constant_(encoder.angles.scale, scale)
    features = torch.tensor([x], dtype=torch.float64)
    expected = torch.cos(pi * torch.tanh(scale * features))[..., None]
    torch.testing.assert_close(encoder(features), expected)


def test_scales_are_trained():
    encoder = HardwareEfficient(HardwareEfficient.Options(), n_features=3)
    encoder.device = ReferenceDevice(ReferenceDevice.example())
    (encoder(torch.randn(5, 3)) ** 3).sum().backward()
    assert (encoder.angles.scale.grad.abs() > 0).all()


def test_more_features_than_qubits_is_refused_with_two_ways_out():
    with pytest.raises(InputError) as caught:
        HardwareEfficient(HardwareEfficient.Options(qubits=4), n_features=13)
    assert str(caught.value) == (
        "quantum encoder 'hardware-efficient': 13 features for 4 qubit(s); set preprocess.quantum "
        "to end in {pca: 4}, or use the encoder 'reuploading'"
    )


def test_fewer_features_than_qubits_leaves_qubits_unencoded():
    encoder = HardwareEfficient(HardwareEfficient.Options(qubits=5), n_features=2)
    encoded = [
        gate.wires
        for gate in encoder.traced.rotations
        if any(term.source == "data" for term in gate.angle.terms)
    ]
    assert encoded == [(0,), (1,)]
    assert encoder.output_shape == (15, 1)


@given(qubits=st.integers(1, 3), features=st.integers(1, 7), spare=st.integers(0, 2))
@settings(max_examples=15, deadline=None)
def test_reuploading_brings_each_feature_in_and_takes_turns(qubits, features, spare):
    chunks = -(-features // qubits)
    layers = chunks + spare
    encoder = Reuploading(Reuploading.Options(qubits=qubits, layers=layers), n_features=features)
    uploads = [
        (gate.wires[0], term.index)
        for gate in encoder.traced.rotations
        for term in gate.angle.terms
        if term.source == "data"
    ]
    expected = []
    for layer in range(layers):
        first = layer % chunks * qubits
        expected += [(j - first, j) for j in range(first, min(first + qubits, features))]
    assert uploads == expected
    assert {index for _, index in uploads} == set(range(features))


def test_reuploading_once_is_hardware_efficient():
    once = Reuploading(Reuploading.Options(layers=1), n_features=3)
    plain = HardwareEfficient(HardwareEfficient.Options(layers=1), n_features=3)
    assert once.traced == plain.traced


def test_reuploading_with_too_few_layers_is_refused():
    with pytest.raises(InputError) as caught:
        Reuploading(Reuploading.Options(qubits=4, layers=2), n_features=13)
    assert str(caught.value) == (
        "quantum encoder 'reuploading': 13 features on 4 qubit(s) need 4 layers, got layers: 2; "
        "set layers to 4 or more, or reduce the features by {pca: ...} in preprocess.quantum"
    )


@pytest.mark.parametrize("layout", ["per-observable", "per-qubit"])
@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("qubits", [1, 2, 4])
def test_sham_tokens_look_like_those_of_the_circuit(readout, layout, qubits):
    shared = {"readout": readout, "layout": layout, "qubits": qubits}
    circuit = HardwareEfficient(HardwareEfficient.Options(**shared), n_features=qubits)
    sham = Sham(Sham.Options(**shared), n_features=qubits)
    assert sham.output_shape == circuit.output_shape
    assert torch.equal(sham.layout, circuit.layout)
    assert repr(sham.standard) == repr(circuit.standard)
    assert sham.linear.out_features == len(circuit.observables)


def test_sham_has_the_angles_of_the_circuit():
    sham = Sham(Sham.Options(encoding_scale=0.7), n_features=3)
    circuit = HardwareEfficient(HardwareEfficient.Options(encoding_scale=0.7), n_features=3)
    x = torch.randn(5, 3)
    assert torch.equal(sham.angles(x), circuit.encode(x))


@pytest.mark.parametrize("single", [Sham, HardwareEfficient])
def test_a_single_training_row_is_scored_by_what_was_seen_before(single):
    encoder = single(single.Options(), n_features=2)
    encoder.device = ReferenceDevice(ReferenceDevice.example())
    encoder(torch.randn(32, 2))
    x = torch.randn(1, 2)
    in_training = encoder(x)
    assert torch.equal(in_training, encoder.eval()(x))


def test_initial_weights():
    torch.manual_seed(0)
    options = HardwareEfficient.Options(layers=20, entangler="strong", weights_init="uniform")
    uniform = initial_weights(options, 9)
    assert uniform.shape == (20, 9, 3)
    assert uniform.min() >= 0 and uniform.max() < 2 * pi and uniform.max() > 6
    normal = initial_weights(HardwareEfficient.Options(layers=50), 9)
    assert normal.shape == (50, 9, 2)
    assert normal.std().item() == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize("options", [{"qubits": 0}, {"layers": 0}, {"readout": "zz"}])
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(ValidationError):
        HardwareEfficient.Options.model_validate(options)
