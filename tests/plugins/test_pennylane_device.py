"""The device `pennylane`: the same numbers on every route, and clear refusals."""

import pytest
import torch

from qfusion_core import Angle, Circuit, Gate, InputError, QfusionError, Term
from qfusion_core.circuits.gates import FIXED
from qfusion_core.circuits.pauli_words import pauli_words
from qfusion_pennylane.device import PennyLane
from qfusion_statevector.device import Statevector

WORDS = [*pauli_words("xyz", 3), "ZZI", "XYZ", "IXX", "III", "ZII"]
BRAKET = pytest.param("braket.local.qubit", marks=pytest.mark.vendor)
AER = pytest.param("qiskit.aer", marks=pytest.mark.aer)
BASIC = pytest.param("qiskit.basicsim", marks=pytest.mark.aer)
EXACT = ["default.qubit", "default.mixed", "lightning.qubit", AER, BRAKET]
SAMPLED = ["default.qubit", "lightning.qubit", AER, BASIC, BRAKET]


def circuit():
    """Every gate of the set, a shared weight and an angle that mixes data and weights."""
    gates = [Gate("RY", (wire,), Angle((Term("data", wire, 1.0),), 0.3)) for wire in range(3)]
    gates += [Gate("RX", (wire,), Angle((Term("weight", 0, 1.0),))) for wire in range(3)]
    gates += [
        Gate(name, (1, 2)[:size] if size == 2 else (position % 3,))
        for position, (name, size) in enumerate(FIXED.items())
    ]
    gates += [Gate("RZ", (2,), Angle((Term("weight", 1, 0.5), Term("data", 0, -0.5))))]
    gates += [Gate("CNOT", (0, 2)), Gate("RY", (0,), Angle((Term("weight", 2, 1.0),)))]
    return Circuit(3, tuple(gates), 3, 3)


def small():
    gates = (
        Gate("RY", (0,), Angle((Term("data", 0, 1.0),))),
        Gate("CNOT", (0, 1)),
        Gate("RX", (1,), Angle((Term("weight", 0, 2.0), Term("data", 0, 0.5)))),
    )
    return Circuit(2, gates, 1, 1)


def inputs(template, rows=3, dtype=torch.float64):
    generator = torch.Generator().manual_seed(2)
    data = torch.randn(rows, template.n_data, generator=generator).to(dtype)
    weights = torch.randn(template.n_weights, generator=generator).to(dtype)
    return data.requires_grad_(), weights.requires_grad_()


def device(name="default.qubit", **options):
    return PennyLane(PennyLane.Options(device=name, **options))


def gradients(opened, template, words, dtype=torch.float64):
    data, weights = inputs(template, dtype=dtype)
    values = opened.expectations(template, data, weights, words)
    cotangent = torch.linspace(-1, 1, values.numel(), dtype=dtype).reshape(values.shape)
    return torch.autograd.grad((values * cotangent).sum(), (data, weights))


def exact(template=None, words=WORDS):
    template = template or circuit()
    return Statevector(Statevector.Options()).expectations(template, *inputs(template), words)


@pytest.mark.parametrize("name", EXACT)
def test_exact_values_are_the_same_on_every_route(name):
    values = device(name).expectations(circuit(), *inputs(circuit()), WORDS)
    assert values.dtype == torch.float64
    torch.testing.assert_close(values.detach(), exact().detach(), rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", SAMPLED)
def test_sampled_values_are_within_five_standard_errors(name):
    shots = 2000
    seed = {} if name.startswith("braket") else {"seed": 11}
    sampled = device(name, shots=shots, **seed)
    with torch.no_grad():
        values, expected = sampled.expectations(circuit(), *inputs(circuit()), WORDS), exact()
    error = ((1 - expected**2) / shots).clamp(min=0).sqrt()
    assert ((values - expected).abs() <= 5 * error + 1e-9).all()
    assert not torch.equal(values, expected)
    assert sampled.shots == shots


@pytest.mark.parametrize(
    ("name", "method", "tolerance"),
    [
        ("default.qubit", "auto", 1e-10),
        ("default.qubit", "adjoint", 1e-10),
        ("default.qubit", "parameter-shift", 1e-10),
        ("default.mixed", "auto", 1e-10),
        # PennyLane's gradient of lightning.qubit in torch is float32
        ("lightning.qubit", "auto", 1e-6),
        ("lightning.qubit", "parameter-shift", 1e-10),
    ],
)
def test_gradients_are_the_same_on_every_route(name, method, tolerance):
    got = gradients(device(name, diff_method=method), circuit(), WORDS)
    expected = gradients(Statevector(Statevector.Options()), circuit(), WORDS)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", [AER, BRAKET])
def test_a_black_box_is_differentiated_by_parameter_shift(name):
    got = gradients(device(name), small(), ["ZZ", "IY"])
    expected = gradients(Statevector(Statevector.Options()), small(), ["ZZ", "IY"])
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit", AER])
def test_float32_stays_float32(name):
    data, weights = inputs(small(), dtype=torch.float32)
    values = device(name).expectations(small(), data, weights, ["ZZ", "IY"])
    values.sum().backward()
    assert {values.dtype, data.grad.dtype, weights.grad.dtype} == {torch.float32}


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit", AER])
@pytest.mark.parametrize(("rows", "words"), [(0, ["ZZ"]), (2, []), (1, ["ZZ"])])
def test_any_number_of_rows_and_words(name, rows, words):
    data, weights = inputs(small(), rows, torch.float32)
    values = device(name).expectations(small(), data, weights, words)
    assert (values.shape, values.dtype) == ((rows, len(words)), torch.float32)


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit"])
def test_a_circuit_without_angles(name):
    bell = Circuit(2, (Gate("H", (0,)), Gate("CNOT", (0, 1))), 1, 0)
    values = device(name).expectations(bell, torch.zeros(3, 1), torch.zeros(0), ["ZZ", "ZI", "YY"])
    torch.testing.assert_close(values, torch.tensor([[1.0, 0.0, -1.0]] * 3))


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit", AER, BASIC])
def test_a_seed_starts_a_stream(name):
    def stream(seed):
        opened = device(name, shots=50, seed=seed)
        with torch.no_grad():
            return [opened.expectations(small(), *inputs(small()), ["ZZ", "XI"]) for _ in range(2)]

    first, second = stream(3)
    assert not torch.equal(first, second)
    assert torch.equal(torch.stack([first, second]), torch.stack(stream(3)))
    assert not torch.equal(first, stream(4)[0])


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit", AER])
def test_equal_rows_have_draws_of_their_own(name):
    data = torch.full((20, 1), 0.7)
    values = device(name, shots=100, seed=0).expectations(small(), data, torch.ones(1), ["ZI"])
    assert len(set(values.flatten().tolist())) > 3


def test_the_adjoint_method_refuses_second_derivatives():
    data, weights = inputs(small())
    values = device("lightning.qubit").expectations(small(), data, weights, ["ZZ"])
    with pytest.raises(QfusionError, match=r"pennylane: lightning\.qubit: no second derivatives"):
        torch.autograd.grad(values.sum(), weights, create_graph=True)


@pytest.mark.parametrize("name", ["default.qubit", "lightning.qubit", AER])
def test_more_qubits_than_allowed_are_refused(name):
    limited = device(name, wires=2)
    assert limited.max_wires == 2
    with pytest.raises(InputError, match="the circuit has 3 qubits, device 'pennylane' has 2"):
        limited.expectations(circuit(), *inputs(circuit()), WORDS)


@pytest.mark.parametrize("name", ["default.qubit", AER])
def test_angles_that_are_not_finite_are_refused(name):
    with pytest.raises(QfusionError, match="data: 1 entries are NaN or infinite"):
        device(name).expectations(small(), torch.tensor([[torch.nan]]), torch.ones(1), ["ZZ"])


@pytest.mark.aer
def test_what_a_device_cannot_run_is_said_in_one_line():
    stabilizer = device("qiskit.aer", shots=10, options={"method": "stabilizer"})
    with pytest.raises(QfusionError, match=r"^pennylane: qiskit\.aer failed: ") as caught:
        stabilizer.expectations(small(), *inputs(small()), ["ZZ"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"device": "lightning.qubit"},
        {"device": "default.qubit", "diff_method": "adjoint"},
        {"device": "default.qubit"},
    ],
)
@pytest.mark.parametrize("words", [["XYZ"], ["XYZ", "ZII", "IXX"]])
def test_gradients_in_float64_have_its_digits(options, words):
    generator = torch.Generator().manual_seed(3)
    data = torch.randn(2, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    weights = torch.randn(3, generator=generator, dtype=torch.float64, requires_grad=True)
    upstream = torch.rand(2, len(words), generator=generator, dtype=torch.float64)
    found, wanted = (
        torch.autograd.grad(
            device.expectations(circuit(), data, weights, words), (data, weights), upstream
        )
        for device in (
            PennyLane(PennyLane.Options(**options)),
            Statevector(Statevector.Options()),
        )
    )
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-13)
