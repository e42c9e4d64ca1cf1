"""Derivatives are those of default.qubit, or refused by the operation's name: none is lost."""

import numpy as np
import pennylane as qml
import pytest
import torch
from pennylane import numpy as pnp
from pennylane.exceptions import DeviceError

KINDS = {"qfusion": {"backend": "statevector"}, "default.qubit": {}}
AT = ((0.3, 0.6), (0.0, 0.6), (-2.0, 0.0), (0.0, 0.0))


def qnode(kind, operation):
    device = qml.device(kind, wires=3, **KINDS[kind])

    @qml.qnode(device, diff_method="best" if kind == "qfusion" else "backprop")
    def circuit(x, t):
        for wire in range(3):
            qml.RY(0.4 + 0.3 * wire, wires=wire)
        qml.CNOT([0, 2])
        qml.RX(t, wires=2)
        operation(x, t)
        qml.RX(0.2, wires=0)
        qml.RZ(0.3, wires=2)
        qml.CNOT([1, 2])
        return qml.expval(qml.Z(0) @ qml.X(2) + 0.3 * qml.Y(1) + 0.2 * qml.X(1) + 0.7 * qml.Y(0))

    return circuit


def in_torch(kind, operation, at):
    given = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in at]
    value = qnode(kind, operation)(*given)
    gradient = torch.autograd.grad(value, given, allow_unused=True, materialize_grads=True)
    return [float(each.detach()) for each in (value, *gradient)]


def in_autograd(kind, operation, at):
    given = [pnp.array(each, requires_grad=True) for each in at]
    return qml.grad(qnode(kind, operation))(*given)


def hamiltonian(x):
    return qml.dot([1.0, x], [qml.X(0), qml.Z(1)])


def commuting(x):
    return qml.dot([x, 0.3], [qml.Z(0) @ qml.Z(1), qml.Z(1)])


EXPONENTIALS = {
    "exp": lambda x, t: qml.exp(qml.s_prod(-1j * x, qml.X(0) @ qml.Y(1))),
    "exp, both": lambda x, t: qml.exp(qml.s_prod(x, qml.X(0)), -0.5j * t),
    "exp of nothing": lambda x, t: qml.exp(qml.s_prod(-1j * x, qml.I(0))),
    "controlled": lambda x, t: qml.ctrl(qml.exp(qml.s_prod(-1j * x, qml.X(1))), 0),
    "controlled phase": lambda x, t: qml.ctrl(qml.exp(qml.s_prod(-1j * x, qml.I(1))), 0),
    "inverted": lambda x, t: qml.adjoint(qml.exp(qml.s_prod(-1j * x, qml.X(1)))),
    "evolve": lambda x, t: qml.evolve(qml.s_prod(x, qml.X(0)), t),
    "evolve for a given time": lambda x, t: qml.evolve(qml.s_prod(x, qml.X(0)), 0.7),
    "evolve, controlled": lambda x, t: qml.ctrl(qml.evolve(qml.s_prod(x, qml.X(0)), 0.7), 1),
    "evolve, inverted": lambda x, t: qml.adjoint(qml.evolve(qml.s_prod(x, qml.X(0)), t)),
    "evolve in a product": lambda x, t: qml.prod(
        qml.evolve(qml.s_prod(x, qml.X(0)), 0.7), qml.RX(t, 1)
    ),
    "Trotter": lambda x, t: qml.TrotterProduct(hamiltonian(x), time=t, n=2),
    "Trotter, one for both": lambda x, t: qml.TrotterProduct(hamiltonian(x), time=x, n=2),
    "Trotter of fourth order": lambda x, t: qml.TrotterProduct(hamiltonian(x), time=t, order=4),
    "approximate": lambda x, t: qml.ApproxTimeEvolution(hamiltonian(x), t, 2),
}


@pytest.mark.parametrize("name", EXPONENTIALS)
def test_every_number_of_an_exponential_has_its_derivative(name):
    operation = EXPONENTIALS[name]
    for at in AT:
        exact = in_torch("default.qubit", operation, at)
        np.testing.assert_allclose(in_torch("qfusion", operation, at), exact, atol=1e-9)
        found = in_autograd("qfusion", operation, at)
        np.testing.assert_allclose(found, exact[1:], atol=1e-9)


def in_rotations(x, t):
    qml.PauliRot(2 * x * t, "ZZ", wires=[0, 1])
    qml.RZ(0.6 * t, wires=1)


@pytest.mark.parametrize(
    ("operation", "rotations"),
    [
        (lambda x, t: qml.exp(commuting(x), -1j * t), in_rotations),
        (lambda x, t: qml.evolve(commuting(x), t), in_rotations),
        (
            lambda x, t: qml.pow(qml.exp(qml.s_prod(-1j * x, qml.X(1))), 3),
            lambda x, t: qml.RX(6 * x, wires=1),
        ),
    ],
)
def test_exponentials_that_default_qubit_fails_with_in_torch(operation, rotations):
    for at in AT:
        exact = in_torch("default.qubit", rotations, at)
        np.testing.assert_allclose(in_torch("qfusion", operation, at), exact, atol=1e-9)


class Forgetful(qml.operation.Operation):
    """Is taken apart without the derivative by its second number."""

    num_params, num_wires = 2, 1

    @staticmethod
    def compute_decomposition(x, t, wires):
        return [
            qml.RX(x, wires=wires),
            qml.RY(float(qml.math.toarray(qml.math.unwrap([t])[0])), wires=wires),
        ]


def forgetful(x, t):
    Forgetful(x, t, wires=0)


def test_a_derivative_that_pennylane_drops_is_refused():
    for found in (in_torch, in_autograd):
        with pytest.raises(
            DeviceError,
            match=r"^Forgetful on wires \[0\]: the derivative by some of its numbers is not "
            r"supported by qfusion: .*; write it with rotations$",
        ):
            found("qfusion", forgetful, (0.3, 0.6))


def test_where_nothing_is_differentiated_nothing_is_refused():
    numbers = torch.tensor([0.3, 0.6], dtype=torch.float64)
    exact = float(qnode("default.qubit", forgetful)(*numbers))
    assert float(qnode("qfusion", forgetful)(*numbers)) == pytest.approx(exact, abs=1e-12)
    with torch.no_grad():
        value = qnode("qfusion", forgetful)(*numbers.clone().requires_grad_())
    assert float(value) == pytest.approx(exact, abs=1e-12)
    assert qnode("qfusion", forgetful)(*pnp.array([0.3, 0.6])) == pytest.approx(exact, abs=1e-12)


def test_what_is_done_no_time_has_no_derivative():
    def operation(x, t):
        qml.pow(qml.Rot(x, t, x, wires=0), 0)

    for at in AT:
        exact = in_torch("default.qubit", operation, at)
        np.testing.assert_allclose(in_torch("qfusion", operation, at), exact, atol=1e-12)


def unitary(x):
    return qml.QubitUnitary(qml.RX.compute_matrix(x), wires=0)


MATRICES = {
    "QubitUnitary": lambda x, t: unitary(x),
    "Adjoint(QubitUnitary)": lambda x, t: qml.adjoint(unitary(x)),
    "QubitUnitary**2": lambda x, t: qml.pow(unitary(x), 2),
    "ControlledQubitUnitary": lambda x, t: qml.ctrl(
        qml.QubitUnitary(qml.RY.compute_matrix(x), wires=0), [1, 2]
    ),
}


@pytest.mark.parametrize("name", MATRICES)
def test_a_matrix_is_differentiated_off_its_zeros(name):
    for at in ((0.3, 0.6), (1e-7, 0.6), (-2.0, 0.0)):
        exact = in_torch("default.qubit", MATRICES[name], at)
        np.testing.assert_allclose(in_torch("qfusion", MATRICES[name], at), exact, atol=1e-9)


@pytest.mark.parametrize("name", MATRICES)
def test_the_derivative_at_a_zero_of_a_matrix_is_refused(name):
    controlled = name == "ControlledQubitUnitary"  # PennyLane takes no array of autograd in it
    for found in (in_torch,) if controlled else (in_torch, in_autograd):
        for x in (0.0, 1e-12):
            with pytest.raises(DeviceError, match="a matrix with an entry that is 0") as error:
                found("qfusion", MATRICES[name], (x, 0.6))
            assert str(error.value).startswith(name) and "\n" not in str(error.value)
            assert "is not supported by qfusion; write it with rotations" in str(error.value)


@pytest.mark.parametrize("name", MATRICES)
def test_a_matrix_with_zeros_has_its_value(name):
    zero, t = torch.zeros((), dtype=torch.float64), torch.tensor(0.6, dtype=torch.float64)
    exact = float(qnode("default.qubit", MATRICES[name])(zero, t))
    assert float(qnode("qfusion", MATRICES[name])(zero, t)) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(
    "operation",
    [
        lambda x, t: qml.exp(0.3 * qml.X(0)),
        lambda x, t: qml.exp(x * qml.X(0)),
        lambda x, t: qml.ctrl(qml.evolve(2 * qml.X(0), 1j * t), 1),
    ],
)
def test_what_is_no_unitary_is_refused(operation):
    with pytest.raises(DeviceError, match=r"Exp|Evolution.*: an exponential that is no unitary is"):
        qnode("qfusion", operation)(0.3, 0.6)
