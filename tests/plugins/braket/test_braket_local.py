"""`local` and `local-dm`: the SDK's own simulators, without its parser in between."""

import json
import math
import sys

import pytest
import torch
from pydantic import ValidationError

from qfusion_braket.device import Braket
from qfusion_braket.parsed_program import ParsedProgram
from qfusion_core import Angle, Circuit, Gate, InputError, Refused, Term, open_backend
from qfusion_core.testing import ReferenceDevice, RemoteDeviceContract

NOISE = {"one_qubit": 0.01, "two_qubit": 0.03, "readout": 0.02}
NONE = torch.zeros(0, dtype=torch.float64)


def device(**options):
    return Braket(Braket.Options(**options))


def encoder(n_wires=4, layers=2):
    """Data and weights in every layer, a ring of CNOTs; no two wires alike."""
    gates, weight = [], 0
    for _ in range(layers):
        for wire in range(n_wires):
            gates.append(Gate("RY", (wire,), Angle((Term("data", wire, 1.0 + wire),), 0.3 * wire)))
            gates.append(Gate("RZ", (wire,), Angle((Term("weight", weight, 1.0),))))
            weight += 1
        gates += [Gate("CNOT", (wire, (wire + 1) % n_wires)) for wire in range(n_wires)]
    return Circuit(n_wires, tuple(gates), n_wires, weight)


WORDS = ("ZIII", "IZII", "IIZI", "IIIZ", "XIII", "IYII", "ZZII", "IIXY", "ZIIZ")


@pytest.fixture(scope="module")
def batch():
    """Six samples on four qubits with their exact values."""
    circuit, draw = encoder(), torch.Generator().manual_seed(5)
    data = torch.randn(6, 4, generator=draw, dtype=torch.float64)
    weights = torch.randn(circuit.n_weights, generator=draw, dtype=torch.float64)
    exact = ReferenceDevice(ReferenceDevice.example())
    return circuit, data, weights, exact.expectations(circuit, data, weights, WORDS)


@pytest.fixture
def parses(monkeypatch):
    """Runs of the SDK's parser, counted there."""
    from braket.default_simulator.openqasm import interpreter

    counted, parse = [], interpreter.parse

    def count(*arguments, **options):
        counted.append(1)
        return parse(*arguments, **options)

    monkeypatch.setattr(interpreter, "parse", count)
    return counted


class TestLocal(RemoteDeviceContract):
    component = Braket

    def options(self):
        return Braket.Options(device="local")


class TestLocalSampled(RemoteDeviceContract):
    component = Braket

    def options(self):
        return Braket.Options(device="local", shots=4000, seed=1)


class TestDensityMatrix(RemoteDeviceContract):
    component = Braket

    def options(self):
        return Braket.Options(device="local-dm")


class TestDensityMatrixWithNoise(RemoteDeviceContract):
    component = Braket
    tolerance = 0.35  # the noise

    def options(self):
        return Braket.Options(device="local-dm", shots=4000, seed=1, noise=NOISE)


@pytest.mark.parametrize("name", ["local", "local-dm"])
def test_a_batch_is_exact_and_is_parsed_once(name, batch, parses):
    circuit, data, weights, exact = batch
    machine = device(device=name)
    values = machine.expectations(circuit, data, weights, WORDS)
    torch.testing.assert_close(values, exact, rtol=0, atol=1e-12)
    machine.expectations(circuit, -data, weights, WORDS)
    assert len(parses) <= 1 + 4  # the template, and each setting that is turned to


def test_draws_follow_the_exact_distribution(batch):
    circuit, data, weights, exact = batch
    shots = 4000
    machine = device(device="local", shots=shots, seed=3)
    spread = ((1 - exact.square()).clamp_min(0) / shots).sqrt()
    off = machine.expectations(circuit, data, weights, WORDS) - exact
    assert (off.abs() < 5 * spread + 1e-9).all()
    assert 0.7 < (off / spread).square().mean().sqrt() < 1.4


def test_words_of_one_setting_are_read_from_the_same_shots():
    """A Bell pair: both bits are random, and always equal."""
    circuit = Circuit(2, (Gate("H", (0,)), Gate("CNOT", (0, 1))), n_data=1, n_weights=0)
    machine = device(device="local", shots=101, seed=3)
    rows = torch.zeros(20, 1).double()
    one, two, both = machine.expectations(circuit, rows, NONE, ["ZI", "IZ", "ZZ"]).T
    assert torch.equal(one, two) and (both == 1).all() and len(set(one.tolist())) > 5


def test_a_seed_repeats_and_its_stream_goes_on(batch):
    circuit, data, weights, _ = batch
    torch.manual_seed(0)
    machine, other = (device(device="local", shots=100, seed=3) for _ in range(2))
    first = machine.expectations(circuit, data, weights, WORDS)
    assert torch.equal(first, other.expectations(circuit, data, weights, WORDS))
    assert not torch.equal(first, machine.expectations(circuit, data, weights, WORDS))
    draws = [
        device(device="local", shots=100).expectations(circuit, data, weights, WORDS)
        for _ in range(2)
    ]
    assert not torch.equal(*draws)


def test_the_counts_are_kept(batch):
    circuit, data, weights, _ = batch
    machine = device(device="local", shots=50, seed=1)
    (job,) = machine.plan(circuit, circuit.angles(data, weights), WORDS)
    result = machine.fetch(job, machine.submit(job, "key"))
    raw = json.loads(result.raw)
    assert raw["settings"][0] == "ZZZZ" and len(raw["settings"]) == job.facts["settings"]
    (row, *_) = raw["counts"]
    assert all(sum(counts.values()) == 50 for counts in row)
    first = sum((-1) ** int(bits[0]) * count for bits, count in row[0].items()) / 50
    assert result.values[0, 0] == pytest.approx(first)


def test_noise_is_that_of_the_sdk(batch):
    """The same circuit as the SDK runs it, with its own noise model: each value is equal."""
    from braket.circuits import Circuit as SdkCircuit
    from braket.circuits import observables
    from braket.devices import LocalSimulator

    circuit = Circuit(
        2,
        (
            Gate("RY", (0,), Angle((Term("data", 0, 1.0),))),
            Gate("CNOT", (0, 1)),
            Gate("RX", (1,), Angle((Term("data", 0, 0.5),))),
        ),
        n_data=1,
        n_weights=0,
    )
    noise, angle = NOISE, 0.7
    theirs = SdkCircuit().ry(0, angle).depolarizing(0, noise["one_qubit"])
    theirs.cnot(0, 1).two_qubit_depolarizing(0, 1, noise["two_qubit"])
    theirs.rx(1, angle / 2).depolarizing(1, noise["one_qubit"])
    theirs.h(1).bit_flip(0, noise["readout"]).bit_flip(1, noise["readout"])
    theirs.expectation(observables.Z(), 0).expectation(observables.Z(), 1)
    expected = LocalSimulator("braket_dm").run(theirs, shots=0).result().values
    data = torch.tensor([[angle]], dtype=torch.float64)
    values = device(device="local-dm", noise=noise).expectations(circuit, data, NONE, ["ZI", "IX"])
    assert values[0].tolist() == pytest.approx(expected, abs=1e-12)


def test_a_word_shrinks_as_the_noise_model_says(batch):
    """Clifford gates: the factor that training injects is exact there."""
    from qfusion_core.noise.affine import affine_noise

    gates = (Gate("H", (0,)), Gate("CNOT", (0, 1)), Gate("CNOT", (1, 2)), Gate("S", (2,)))
    circuit = Circuit(3, gates, n_data=1, n_weights=0)
    machine = device(device="local-dm", noise=NOISE)
    words, model = ["XXY", "ZZI", "IZZ"], machine.noise_model()
    assert model is not None and model.shots is None
    names, matrix, offset = affine_noise(circuit, words, model)
    exact = ReferenceDevice(ReferenceDevice.example())
    call = (circuit, torch.zeros(1, 1).double(), NONE)
    expected = exact.expectations(*call, names) @ matrix.T + offset
    torch.testing.assert_close(machine.expectations(*call, words), expected, rtol=0, atol=1e-12)


def test_without_noise_there_is_no_noise_model():
    assert device(device="local").noise_model() is None
    assert device(device="local-dm").noise_model() is None


def test_gradients_are_those_of_the_exact_device(batch):
    circuit, data, weights, _ = batch
    gradients = []
    for machine in (device(device="local"), ReferenceDevice(ReferenceDevice.example())):
        x, w = data[:2].clone().requires_grad_(), weights.clone().requires_grad_()
        machine.expectations(circuit, x, w, WORDS[:4]).square().sum().backward()
        gradients.append(torch.cat([x.grad.flatten(), w.grad]))
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-10)


def test_wires_without_a_gate_are_read_as_zero():
    circuit = Circuit(3, (Gate("X", (1,)),), n_data=1, n_weights=0)
    words = ["ZII", "IZI", "IIZ"]
    values = device(device="local").expectations(circuit, torch.zeros(1, 1).double(), NONE, words)
    assert values.tolist() == [[1, -1, 1]]


def test_an_angle_that_is_an_expression_of_inputs():
    text = (
        "OPENQASM 3.0; input float a0; input float a1; qubit[2] q;"
        "prx(a1, 2*a0 + 0.5) q[0]; rz(a1/2) q[1]; h q[0];"
    )
    operations = ParsedProgram(text, 2).bind([0.25, 0.5])
    assert [type(each).__name__ for each in operations] == ["PRx", "RotZ", "Hadamard"]
    from braket.default_simulator.gate_operations import PRx

    assert operations[0] == PRx([0], 0.5, 1.0)


def test_too_many_qubits():
    circuit = Circuit(14, (Gate("H", (0,)),), n_data=1, n_weights=0)
    with pytest.raises(InputError) as failed:
        device(device="local-dm").expectations(
            circuit, torch.zeros(1, 1).double(), NONE, ["Z" * 14]
        )
    assert str(failed.value) == (
        "braket: the circuit has 14 qubits, local-dm has 13; use a quantum encoder with fewer "
        "qubits, or a larger device"
    )


def test_an_error_of_the_simulator_is_one_line(batch, monkeypatch):
    from braket.default_simulator import StateVectorSimulator

    def broken(self, **_):
        raise MemoryError("cannot\nallocate")

    monkeypatch.setattr(StateVectorSimulator, "initialize_simulation", broken)
    circuit, data, weights, _ = batch
    with pytest.raises(Refused, match=r"^local cannot run the circuit: cannot allocate$"):
        device(device="local").expectations(circuit, data, weights, WORDS)


def test_a_missing_package_is_named(batch, monkeypatch):
    monkeypatch.setitem(sys.modules, "braket.default_simulator", None)
    circuit, data, weights, _ = batch
    with pytest.raises(InputError, match=r'^braket: a package is missing .*"qfusion\[braket\]"$'):
        device(device="local").expectations(circuit, data, weights, WORDS)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"device": "local", "seed": 1}, "seed: exact values draw nothing; give shots"),
        ({"device": "sv1", "shots": 10, "seed": 1}, "seed: sv1 cannot honour one; leave it out"),
        ({"device": "local", "noise": NOISE}, "only device local-dm has a noise model"),
    ],
)
def test_options_that_make_no_sense(options, text):
    with pytest.raises(ValidationError, match=text):
        Braket.Options(**options)


def test_it_costs_nothing_and_says_so(batch):
    circuit, data, weights, _ = batch
    machine = device(device="local", shots=1000)
    (job,) = machine.plan(circuit, circuit.angles(data, weights), WORDS)
    price = machine.price(job)
    assert (price.usd.high, price.tasks) == (0, 1)
    assert price.shots == len(data) * job.facts["settings"] * 1000
    assert machine.local and not machine.paid
    assert {finding.status for finding in machine.preflight()} == {"ok"}


def test_the_standard_error_is_that_of_the_shots():
    circuit = Circuit(1, (Gate("H", (0,)),), n_data=1, n_weights=0)
    machine = device(device="local", shots=400, seed=2)
    values = machine.expectations(circuit, torch.zeros(300, 1).double(), NONE, ["Z"])
    assert values.std() == pytest.approx(1 / math.sqrt(400), rel=0.15)


def test_the_packaged_backend(batch):
    circuit, data, weights, exact = batch
    values = open_backend("braket-local").expectations(circuit, data, weights, WORDS)
    assert (values - exact).abs().max() < 5 / math.sqrt(1000)
