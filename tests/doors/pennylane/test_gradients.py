"""First derivatives everywhere, second ones right or refused; what is drawn; what is said."""

import numpy as np
import pennylane as qml
import pytest
import torch
from pennylane import numpy as pnp
from pennylane.exceptions import DeviceError, QuantumFunctionError, WireError

from .second_order import over

AT = (0.3, 0.8)
HESSIAN = ((-0.43311212, -0.19161212), (-0.19161212, -0.63533362))


@pytest.fixture
def device():
    return qml.device("qfusion", wires=2, backend="statevector")


def expected():
    x = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
    exact = over(qml.device("default.qubit", wires=2), diff_method="backprop")
    (gradient,) = torch.autograd.grad(exact(x), x)
    return gradient.numpy()


def test_torch_and_autograd(device):
    x = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(over(device)(x), x)
    np.testing.assert_allclose(gradient, expected(), atol=1e-12)
    found = qml.grad(over(device))(pnp.array(AT, requires_grad=True))
    np.testing.assert_allclose(found, expected(), atol=1e-12)


def test_second_derivatives_are_right_by_parameter_shift(device):
    circuit = over(device, max_diff=2)
    x = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
    np.testing.assert_allclose(torch.autograd.functional.hessian(circuit, x), HESSIAN, atol=1e-7)
    found = qml.jacobian(qml.grad(circuit))(pnp.array(AT, requires_grad=True))
    np.testing.assert_allclose(found, HESSIAN, atol=1e-7)


def test_second_derivatives_of_its_own_gradient_are_refused(device):
    circuit = over(device)
    x = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
    with pytest.raises(QuantumFunctionError, match=r"second derivative .* max_diff=2"):
        torch.autograd.functional.hessian(circuit, x)
    with pytest.raises(QuantumFunctionError, match=r"second derivative .* max_diff=2"):
        qml.jacobian(qml.grad(circuit))(pnp.array(AT, requires_grad=True))
    with pytest.raises(QuantumFunctionError, match=r"does not support device"):
        over(device, diff_method="device", max_diff=2)(x)


def test_a_broadcast_layer_behind_a_linear(device):
    """PennyLane's own parameter shift has no broadcasting with trainable inputs."""

    def gradients(opened, method):
        @qml.qnode(opened, diff_method=method)
        def circuit(inputs, w):
            qml.AngleEmbedding(inputs, wires=range(2))
            qml.StronglyEntanglingLayers(w, wires=range(2))
            return [qml.expval(qml.Z(wire)) for wire in range(2)]

        torch.manual_seed(1)
        quantum = qml.qnn.TorchLayer(circuit, {"w": (2, 2, 3)}).double()
        net = torch.nn.Sequential(torch.nn.Linear(5, 2).double(), quantum)
        net(
            torch.linspace(-2, 2, 160, dtype=torch.float64).reshape(32, 5)
        ).square().sum().backward()
        return [parameter.grad for parameter in net.parameters()]

    calls = []
    ask = device.backend.calls._ask
    device.backend.calls._ask = lambda rows: calls.append(rows) or ask(rows)
    ours = gradients(device, "best")
    assert [len(rows.angles) for rows in calls] == [32]  # and one back
    theirs = gradients(qml.device("default.qubit", wires=2), "backprop")
    for one, other in zip(ours, theirs, strict=True):
        assert (one - other).abs().max() < 1e-9


def test_outcomes_are_drawn_together(device):
    @qml.qnode(device)
    def bell():
        qml.H(0)
        qml.CNOT([0, 1])
        return qml.sample(wires=[0, 1]), qml.counts(qml.Z(0)), qml.sample(qml.Z(0) @ qml.Z(1))

    samples, counts, parity = qml.set_shots(bell, 400)()
    assert samples.shape == (400, 2) and (samples[:, 0] == samples[:, 1]).all()
    assert counts[-1] == samples[:, 0].sum() and 120 < counts[-1] < 280
    assert (parity == 1).all()
    first, second = qml.set_shots(bell, (30, 50))()
    assert first[0].shape == (30, 2) and second[0].shape == (50, 2)
    with pytest.raises(DeviceError, match=r"not supported .* without shots; set them"):
        bell()


def test_samples_follow_their_distribution_in_any_basis(device):
    @qml.qnode(device)
    def circuit():
        qml.RX(0.7, wires=0)
        qml.RY(0.4, wires=1)
        return qml.sample(qml.Y(0)), qml.sample(qml.Hadamard(1))

    found = qml.set_shots(circuit, 20_000)()
    wanted = -np.sin(0.7), (np.cos(0.4) + np.sin(0.4)) / np.sqrt(2)
    for sample, mean in zip(found, wanted, strict=True):
        assert sample.mean() == pytest.approx(mean, abs=5 / 20_000**0.5)


def test_a_backend_with_shots_takes_those_of_the_qnode_or_its_own():
    opened = qml.device("qfusion", wires=1, backend="sampled")

    @qml.qnode(opened)
    def circuit(x):
        qml.RX(x, wires=0)
        return qml.expval(qml.Z(0))

    value = float(circuit(1.1))
    assert (value * 4096).is_integer()
    assert (float(qml.set_shots(circuit, 10)(1.1)) * 10) % 2 in (0.0, pytest.approx(0))


def test_wires_that_are_not_there(device):
    @qml.qnode(device)
    def circuit():
        qml.X("three")
        return qml.expval(qml.Z(0))

    with pytest.raises(WireError, match=r"qfusion over 'statevector'.*three"):
        circuit()


def test_a_noisy_probability_below_zero_is_said_and_stays(caplog):
    opened = qml.device("qfusion", wires=2, backend="sampled")

    @qml.qnode(opened)
    def circuit(x):
        qml.RY(x, wires=0)
        return qml.probs(op=qml.Hadamard(0))  # of X and of Z, which are drawn by themselves

    found = circuit(np.full(20, np.pi / 4))  # its second outcome never occurs
    assert found.min() < 0 and found.sum(1) == pytest.approx(np.ones(20))
    told = [line for line in caplog.messages if "a probability is -" in line]
    assert len(told) == 1 and "are left as they are" in told[0]


def test_too_many_wires_are_refused_with_both_numbers():
    opened = qml.device("qfusion", wires=12, backend="statevector")

    @qml.qnode(opened)
    def circuit():
        qml.X(0)
        return qml.probs(wires=range(11))

    with pytest.raises(
        DeviceError, match=r"probabilities of 11 wires are not supported.* 10 wires"
    ):
        circuit()

    @qml.qnode(opened)
    def matrix():
        qml.X(0)
        return qml.expval(qml.Hermitian(np.eye(128), wires=range(7)))

    with pytest.raises(DeviceError, match=r"at most 6 wires, got 7"):
        matrix()


def test_put_off_measurements(device):
    opened = qml.device("qfusion", wires=3, backend="statevector")

    def circuit(x):
        qml.RX(x, wires=0)
        outcome = qml.measure(0)
        qml.cond(outcome, qml.RY)(0.4, wires=1)
        return qml.expval(qml.Z(1)), qml.expval(outcome)

    x = torch.tensor(0.9, dtype=torch.float64)
    ours = qml.QNode(circuit, opened, mcm_method="deferred")(x)
    theirs = qml.QNode(circuit, qml.device("default.qubit", wires=3))(x)
    for one, other in zip(ours, theirs, strict=True):
        assert float(one) == pytest.approx(float(other), abs=1e-12)
    with pytest.raises(DeviceError, match=r"mcm_method 'one-shot' is not supported"):
        qml.set_shots(qml.QNode(circuit, device, mcm_method="one-shot"), 10)(x)


def test_a_misspelt_backend_is_said_when_the_device_is_over():
    from qfusion_core import InputError

    with pytest.raises(InputError, match=r"did you mean 'statevector'"):
        qml.device("qfusion", wires=1, backend="statevektor")


def of_two_amplitudes(x):
    qml.AmplitudeEmbedding(x, wires=[0, 1], normalize=True, pad_with=0.0)
    return qml.expval(qml.Z(0))


def of_controlled_amplitudes(x):
    qml.H(0)
    amplitudes = qml.math.stack([x[0], 0 * x[1]])
    qml.ctrl(qml.AmplitudeEmbedding(amplitudes, wires=[1], normalize=True), 0)
    return qml.expval(qml.Z(1))


def of_a_matrix(x):
    qml.QubitUnitary(qml.CRX.compute_matrix(x[0]), wires=[0, 1])
    return qml.expval(qml.Z(0))


def of_a_full_matrix(x):
    rotations = [qml.Rot.compute_matrix(x[0], angle, x[1]) for angle in (0.4, 0.9)]
    matrix = qml.math.dot(qml.math.kron(*rotations), qml.IsingXX.compute_matrix(x[1]))
    qml.QubitUnitary(matrix, wires=[0, 1])
    return qml.expval(qml.Z(0))


def of_a_matrix_alone(x):
    qml.BlockEncode(x.reshape(1, 2) / 4, wires=[0, 1])
    return qml.expval(qml.Z(0))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (of_two_amplitudes, "the derivative by amplitudes that are 0 is not supported by qfusion"),
        (of_controlled_amplitudes, "the derivative by amplitudes that are 0 is not supported"),
        (of_a_matrix, "that is 0 is not supported by qfusion; write it with rotations"),
        (of_a_full_matrix, "with trainable parameters is not supported by qfusion"),
        (of_a_matrix_alone, "with trainable parameters is not supported by qfusion"),
    ],
)
@pytest.mark.filterwarnings("ignore:To copy construct from a tensor")  # PennyLane's BlockEncode
def test_what_would_lose_its_derivative_is_refused_in_a_line(function, said, device):
    x = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
    with pytest.raises(DeviceError) as error:
        qml.QNode(function, device)(x)
    assert said in str(error.value) and "\n" not in str(error.value)
    exact = qml.QNode(function, qml.device("default.qubit", wires=2))(np.array(AT))
    assert float(qml.QNode(function, device)(np.array(AT))) == pytest.approx(exact, abs=1e-10)


def test_amplitudes_are_differentiated_away_from_zero(device):
    def circuit(x):
        qml.AmplitudeEmbedding(torch.cat([x, x.flip(0) - 2]), wires=[0, 1], normalize=True)
        return qml.expval(qml.Z(0) @ qml.X(1))

    found = []
    for opened, method in ((device, "best"), (qml.device("default.qubit", wires=2), "backprop")):
        x = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(qml.QNode(circuit, opened, diff_method=method)(x), x)
        found.append(gradient)
    torch.testing.assert_close(*found, rtol=0, atol=1e-10)
