"""The core's parameter shift: equal to autograd, in one call, and nothing asked in vain."""

import pennylane as qml
import pytest
import torch

from qfusion_core import Angle, Circuit, Gate, InputError, QfusionError, Term

WORDS = ("ZII", "IXI", "YIZ", "XXX")


def data(index, scale=1.0):
    return Term("data", index, scale)


def weight(index, scale=1.0):
    return Term("weight", index, scale)


# weight 0 is shared by three gates, angles mix data and weights, one angle is constant
MIXED = Circuit(
    n_wires=3,
    gates=(
        Gate("H", (0,)),
        Gate("RY", (0,), Angle((data(0, 0.5), weight(0)))),
        Gate("RX", (1,), Angle((weight(0, -2.0), weight(1, 0.25)), offset=0.3)),
        Gate("CNOT", (0, 1)),
        Gate("RZ", (1,), Angle((data(1), data(0, -0.5)))),
        Gate("RY", (2,), Angle(offset=0.7)),
        Gate("CZ", (1, 2)),
        Gate("RX", (2,), Angle((weight(0), weight(2)))),
        Gate("SX", (0,)),
    ),
    n_data=2,
    n_weights=3,
)


def by_backprop(x, w):
    """The same circuit, written by hand for default.qubit and differentiated by torch."""

    @qml.qnode(qml.device("default.qubit", wires=3), diff_method="backprop")
    def node(x, w):
        qml.Hadamard(0)
        qml.RY(0.5 * x[0] + w[0], 0)
        qml.RX(-2 * w[0] + 0.25 * w[1] + 0.3, 1)
        qml.CNOT([0, 1])
        qml.RZ(x[1] - 0.5 * x[0], 1)
        qml.RY(0.7, 2)
        qml.CZ([1, 2])
        qml.RX(w[0] + w[2], 2)
        qml.SX(0)
        return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in WORDS]

    return torch.stack([torch.stack(list(node(row, w))) for row in x])


def inputs(batch=4, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(batch, 2, generator=generator, dtype=torch.float64)
    w = torch.randn(3, generator=generator, dtype=torch.float64)
    return x.to(dtype).requires_grad_(), w.to(dtype).requires_grad_()


def test_values_and_gradients_equal_backpropagation(reference):
    x, w = inputs()
    values = reference.expectations(MIXED, x, w, WORDS)
    expected = by_backprop(x, w)
    assert torch.allclose(values, expected, atol=1e-12, rtol=0)
    upstream = torch.randn(4, len(WORDS), generator=torch.Generator().manual_seed(1)).double()
    found = torch.autograd.grad(values, [x, w], upstream)
    wanted = torch.autograd.grad(expected, [x, w], upstream)
    for a, b in zip(found, wanted, strict=True):
        assert torch.allclose(a, b, atol=1e-9, rtol=0)


@pytest.mark.parametrize(
    ("by_data", "by_weight", "shifted_columns"),
    [(True, True, 4), (True, False, 2), (False, True, 3), (False, False, 0)],
)
def test_one_more_call_shifts_only_the_angles_that_need_a_gradient(
    reference, by_data, by_weight, shifted_columns
):
    x, w = inputs(batch=4)
    values = reference.expectations(
        MIXED, x.detach().requires_grad_(by_data), w.detach().requires_grad_(by_weight), WORDS
    )
    assert reference.calls == [4]
    assert values.requires_grad == (by_data or by_weight)
    if values.requires_grad:
        values.sum().backward()
        assert reference.calls == [4, 2 * shifted_columns * 4]


def test_no_shift_without_gradients(reference):
    x, w = inputs()
    with torch.no_grad():
        assert not reference.expectations(MIXED, x, w, WORDS).requires_grad
    assert reference.calls == [4]


def test_gradient_reaches_what_made_the_data(reference):
    x, w = inputs()
    scale = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(reference.expectations(MIXED, x * scale, w, WORDS).sum(), scale)
    (wanted,) = torch.autograd.grad(by_backprop(x * scale, w).sum(), scale)
    assert torch.allclose(found, wanted, atol=1e-9, rtol=0)


def test_dtype_of_the_data_is_kept(reference):
    x, w = inputs(dtype=torch.float32)
    values = reference.expectations(MIXED, x, w.double(), WORDS)
    assert values.dtype == torch.float32
    values.sum().backward()
    assert x.grad.dtype == torch.float32


@pytest.mark.parametrize(("rows", "words"), [(0, WORDS), (3, ())])
def test_an_empty_question_is_not_asked(reference, rows, words):
    x, w = inputs(batch=rows)
    values = reference.expectations(MIXED, x, w, words)
    assert values.shape == (rows, len(words))
    values.sum().backward()
    assert w.grad.tolist() == [0, 0, 0]
    assert reference.calls == []


def test_a_circuit_without_angles_has_values_and_zero_gradients(reference):
    plain = Circuit(n_wires=1, gates=(Gate("X", (0,)),), n_data=1, n_weights=0)
    x = torch.zeros(2, 1, dtype=torch.float64, requires_grad=True)
    values = reference.expectations(plain, x, torch.zeros(0).double(), ("Z",))
    assert values.tolist() == [[-1], [-1]]
    values.sum().backward()
    assert x.grad.tolist() == [[0], [0]]
    assert reference.calls == [2]


def test_second_derivatives_are_refused(reference):
    x, w = inputs()
    values = reference.expectations(MIXED, x, w, WORDS)
    with pytest.raises(QfusionError, match="no second derivatives through a black-box device"):
        torch.autograd.grad(values.sum(), x, create_graph=True)


def test_a_circuit_that_is_too_wide_names_both_numbers(reference):
    reference.max_wires = 2
    with pytest.raises(InputError, match="the circuit has 3 qubits, device 'reference' has 2; use"):
        reference.expectations(MIXED, *inputs(), WORDS)
    assert reference.calls == []


@pytest.mark.parametrize("name", ["data", "weights"])
def test_nan_is_refused_before_the_device_is_asked(reference, name):
    x, w = (tensor.detach() for tensor in inputs())
    {"data": x, "weights": w}[name].view(-1)[1] = torch.nan
    with pytest.raises(QfusionError, match=f"^{name}: 1 entries are NaN or infinite"):
        reference.expectations(MIXED, x, w, WORDS)
    assert reference.calls == []


def test_angles_that_overflow_are_refused(reference):
    x, w = inputs()
    with pytest.raises(QfusionError, match=r"^angles: "):
        reference.expectations(MIXED, x, torch.full_like(w, 1e308), WORDS)


def test_arguments_that_do_not_fit_are_named(reference):
    x, w = inputs()
    with pytest.raises(InputError, match=r"data: expected shape \[batch, 2\], got \[4, 1\]"):
        reference.expectations(MIXED, x[:, :1], w, WORDS)
    with pytest.raises(InputError, match="'ZZ' is not a Pauli word of 3 letters"):
        reference.expectations(MIXED, x, w, ("ZZ",))


def test_a_result_of_the_wrong_shape_names_the_device(reference):
    complete = reference.evaluate
    reference.evaluate = lambda *question: complete(*question)[:, 0]
    with pytest.raises(
        QfusionError,
        match=r"returned torch.Tensor of shape \[4\], expected .* \[4, 4\]",
    ):
        reference.expectations(MIXED, *inputs(), WORDS)
