"""What a QNode over the device is given: taken as PennyLane takes it, or refused in words."""

import numpy as np
import pennylane as qml
import pytest
import torch
from pennylane import numpy as pnp
from pennylane.exceptions import DeviceError, QuantumFunctionError

from qfusion_core import InputError, QfusionError


def device(wires=3, **options):
    return qml.device("qfusion", wires=wires, backend="statevector", **options)


def circuit(opened, **options):
    @qml.qnode(opened, **options)
    def _circuit(x, w):
        qml.AngleEmbedding(x, wires=range(3))
        qml.StronglyEntanglingLayers(w, wires=range(3))
        return qml.expval(qml.Z(0))

    return _circuit


W = torch.linspace(-1, 1, 9, dtype=torch.float64).reshape(1, 3, 3)


@pytest.mark.parametrize("wires", [0, -1, True, 2.5, [], ()])
def test_what_are_no_wires_is_refused(wires):
    with pytest.raises(InputError, match=r"^wires: expected their number, 1 or more, their labels"):
        device(wires)


@pytest.mark.parametrize(
    "wires", [3, np.int64(3), range(3), (0, 1, 2), None, qml.wires.Wires(range(3))]
)
def test_wires_are_a_number_or_labels(wires):
    x = torch.ones(3, dtype=torch.float64)
    found, wanted = circuit(device(wires))(x, W), circuit(qml.device("default.qubit"))(x, W)
    assert float(found) == pytest.approx(float(wanted), abs=1e-12)


def test_a_single_text_is_a_label():
    @qml.qnode(device("ancilla"))
    def turned():
        qml.X("ancilla")
        return qml.expval(qml.Z("ancilla"))

    assert turned() == pytest.approx(-1.0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_short_numbers_train_and_keep_their_kind(dtype):
    x = torch.tensor([[0.5, 1.0, -0.25]] * 4, dtype=dtype, requires_grad=True)
    values = circuit(device())(x, W)
    values.sum().backward()
    exact = x.detach().double().requires_grad_()
    circuit(device())(exact, W).sum().backward()
    assert values.dtype == torch.float64 and x.grad.dtype == dtype
    torch.testing.assert_close(x.grad.double(), exact.grad, atol=0.02, rtol=0.02)


def test_a_layer_trains_under_autocast():
    @qml.qnode(device())
    def layer(inputs, w):
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.StronglyEntanglingLayers(w, wires=range(3))
        return [qml.expval(qml.Z(wire)) for wire in range(3)]

    net = torch.nn.Sequential(torch.nn.Linear(5, 3), qml.qnn.TorchLayer(layer, {"w": (1, 3, 3)}))
    with torch.autocast("cpu", torch.bfloat16):
        net(torch.ones(4, 5)).sum().backward()
    assert all(torch.isfinite(each.grad).all() for each in net.parameters())


def test_a_pass_back_is_for_the_values_of_the_pass_forward():
    def gradients(opened):
        made = circuit(opened)
        x = torch.full((2, 3), 0.4, dtype=torch.float64)
        w = W.clone().requires_grad_()
        value = made(x, w).sum()
        x.fill_(2.0)
        with torch.no_grad():
            w += 1.0
        value.backward()
        return w.grad

    wanted = gradients(qml.device("lightning.qubit", wires=3))
    torch.testing.assert_close(gradients(device()), wanted, atol=1e-6, rtol=0)


def test_a_sum_that_is_real_only_as_a_whole_is_measured():
    @qml.qnode(device())
    def identity():
        qml.RX(0.3, wires=0)
        return qml.expval(1j * (qml.X(0) @ qml.Z(0) @ qml.Y(0)))

    assert identity() == pytest.approx(1.0)


def test_outcomes_of_a_sum_are_refused_by_name():
    @qml.qnode(device())
    def drawn():
        return qml.sample(qml.Z(0) + qml.X(1))

    with pytest.raises(DeviceError, match=r"outcomes of a sum are in no common basis; use expval"):
        qml.set_shots(drawn, 10)()


def test_an_empty_batch_is_empty():
    found = circuit(device())(torch.zeros(0, 3, dtype=torch.float64), W)
    assert found.shape == (0,)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ([0.0, np.nan, 1.0], r"^RX on wires \[1\]: the angle is nan; look at the arguments"),
        ([[0.0] * 3, [0, 0, np.inf]], r"^RX on wires \[2\]: the angle is inf in row 1 of 2; look"),
    ],
)
def test_an_angle_that_is_no_number_is_named(x, said):
    with pytest.raises(QfusionError, match=said):
        circuit(device())(np.array(x), W)


def test_complex_angles():
    x = np.array([0.3, 0.4, 0.5])
    plain = circuit(device())(x, W.numpy())
    assert circuit(device())(x.astype(complex), W.numpy()) == pytest.approx(plain)
    with pytest.raises(DeviceError, match=r"^RX on wires \[0\]: a complex angle is not supported"):
        circuit(device())(x + 0.1j, W.numpy())


def test_shots_that_a_backend_does_not_take_are_called_shots():
    with pytest.raises(
        InputError,
        match=r"^shots: should be less than .* got 1000000000000; asked of backend 'statevector'",
    ):
        qml.set_shots(circuit(device()), 10**12)(np.zeros(3), W.numpy())


@pytest.mark.parametrize("method", [None, "deferred"])
def test_postselection_is_refused_alike(method):
    @qml.qnode(device(), **({"mcm_method": method} if method else {}))
    def selected():
        qml.Hadamard(0)
        outcome = qml.measure(0, postselect=1)
        qml.cond(outcome, qml.X)(1)
        return qml.expval(qml.Z(1))

    with pytest.raises(DeviceError, match=r"^postselection is not supported .*default\.qubit"):
        selected()


def test_a_reduced_state_is_refused_by_its_own_name():
    @qml.qnode(device())
    def reduced():
        return qml.density_matrix(0)

    with pytest.raises(DeviceError, match=r"^density_matrix\(wires=\[0\]\) is not supported"):
        reduced()


def test_a_first_derivative_is_right_after_an_error_in_a_traced_function():
    """Autograd's own count of traces does not come down again after one."""
    made = circuit(device())
    x, w = np.full(3, 0.4), pnp.array(W.numpy(), requires_grad=True)
    with pytest.raises(QuantumFunctionError, match="second derivative"):
        qml.jacobian(qml.grad(made, 1))(x, w)
    exact = circuit(qml.device("default.qubit"), diff_method="backprop")
    np.testing.assert_allclose(qml.grad(made, 1)(x, w), qml.grad(exact, 1)(x, w), atol=1e-9)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"run": 3}, r"^run: expected a path, got 3"),
        ({"approve": "yes"}, r"^approve: expected True, False, None, or a function of the price"),
    ],
)
def test_what_only_a_paid_backend_needs_is_looked_at_everywhere(options, said):
    with pytest.raises(InputError, match=said):
        device(**options)


def test_a_loop_can_be_rehearsed_on_this_machine(tmp_path, caplog):
    opened = device(run=tmp_path / "run")
    assert caplog.messages == [
        "backend 'statevector' runs on this machine: it costs nothing, and nothing of it is "
        f"written into {tmp_path / 'run'}"
    ]
    plan = opened.estimate(circuit(opened), steps=20)(torch.zeros(8, 3), W)
    assert plan.jobs == 0 and plan.price.usd == (0, 0)
    snapshot = qml.device("qfusion", wires=3, backend="ibm-noisy")
    w = W.clone().requires_grad_()
    plan = snapshot.estimate(circuit(snapshot), steps=20)(torch.zeros(8, 3), w)
    assert plan.jobs == 40 and plan.price.usd == (0, 0)
    assert not (tmp_path / "run").exists()
