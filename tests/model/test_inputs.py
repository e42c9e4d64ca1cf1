"""What a module is given and cannot take is refused in our words, in one line, not in torch's."""

import copy

import jaxtyping
import numpy as np
import pennylane as qml
import pytest
import torch

from qfusion_core import CircuitEncoder, InputError, open_backend
from support.models import fresh_model
from support.second_device import THERE, SecondDevice

ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(20, 5)))
NUMBERS = {"nan": float("nan"), "inf": float("inf"), "-inf": -float("inf")}


@pytest.fixture(autouse=True)
def unchecked():
    """As outside of these tests: nobody looks at types and shapes of arguments before us."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="module")
def model():
    return fresh_model(ROWS, preset="hardware", backend="statevector").eval()


@pytest.fixture(scope="module")
def inputs(model):
    return model.preprocess(ROWS)


@qml.qnode(qml.device("default.qubit", wires=2))
def mine(data, weights):
    qml.AngleEmbedding(data, wires=range(2))
    qml.StronglyEntanglingLayers(weights, wires=range(2))
    return qml.expval(qml.Z(0)), qml.expval(qml.Z(1))


def encoder(**options):
    made = CircuitEncoder.from_qnode(
        mine, **{"n_features": 2, "weights_shape": (1, 2, 3), **options}
    )
    made.device = open_backend("statevector")
    return made


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_a_row_that_holds_no_number_gets_no_class(model, failure, number, dtype):
    """Nor does infinity, which some transforms turn into a number again."""
    rows = ROWS.to(dtype, copy=True)
    rows[3, 1] = rows[7, 2] = NUMBERS[number]
    said = failure(InputError, model.preprocess, rows)
    assert said == (
        "x: 2 of 20 rows hold NaN or infinity, the first is row 3 (from 0); correct or remove them"
    )


def test_complex_rows_do_not_lose_their_imaginary_part(model, failure):
    said = failure(InputError, model.preprocess, ROWS.to(torch.complex64))
    assert said == "x: expected real numbers, got torch.complex64; take x.real, or x.abs()"


def test_rows_of_any_real_numbers_are_taken(model):
    for dtype in (torch.int32, torch.bool, torch.bfloat16):
        assert model(*model.preprocess(ROWS.to(dtype))).isfinite().all()


WRONG = {
    "an array": (lambda c, q: (c.numpy(), q), "x_c: expected a torch tensor, got ndarray; for"),
    "the raw rows": (lambda c, q: (ROWS[:, :3].float(), q), "x_c: expected shape [rows, 5], got"),
    "one row": (lambda c, q: (c[0], q[0]), "x_c: expected shape [rows, 5], got [5]; "),
    "a number": (lambda c, q: (c, q.sum()), "x_q: expected shape [rows, 4], got []; "),
    "too wide": (lambda c, q: (c, c), "x_q: expected shape [rows, 4], got [20, 5]; model.prep"),
    "rows missing": (lambda c, q: (c[:5], q[:6]), "x_c, x_q: expected as many rows in both, got 5"),
    "one of them double": (lambda c, q: (c, q.double()), "x_q: expected torch.float32, as the w"),
    "both double": (lambda c, q: (c.double(), q.double()), "x_c: expected torch.float32, as the"),
    "integers": (lambda c, q: (c.int(), q), "x_c: expected torch.float32, as the weights are, got"),
}


@pytest.mark.parametrize("what", WRONG)
def test_inputs_that_do_not_fit_are_refused_by_their_names(model, inputs, failure, what):
    change, said = WRONG[what]
    assert failure(InputError, model, *change(*inputs)).startswith(said)


def test_inputs_elsewhere_than_the_model_are_refused(model, inputs, failure):
    with SecondDevice():
        said = failure(InputError, copy.deepcopy(model).to(THERE), *inputs)
    assert said.startswith("x_c: is on cpu, the weights on lazy; move one of them")


def test_under_autocast_any_floats_are_inputs(model, inputs):
    with torch.autocast("cpu", torch.bfloat16):
        wanted = model(*inputs)
        assert model(*(each.bfloat16() for each in inputs)).shape == wanted.shape


def test_without_a_quantum_branch_its_input_is_no_matter():
    made = fresh_model(ROWS, preset="hardware", quantum="none").eval()
    x_c, x_q = made.preprocess(ROWS)
    assert torch.equal(made(x_c, x_q), made(x_c, None))


def test_features_of_an_encoder_are_in_its_dtype(model, inputs, failure):
    said = failure(InputError, model.quantum, inputs[1].double())
    assert said.startswith("features: expected torch.float32, as the module is, got torch.float64")


@pytest.mark.parametrize(("x", "got"), [(np.ones((3, 2)), "ndarray"), ([[1.0, 2.0]], "list")])
def test_an_own_encoder_takes_tensors(failure, x, got):
    said = failure(InputError, encoder(), x)
    assert said.startswith(f"features: expected a torch tensor, got {got}; ")


def test_an_own_encoder_takes_half_precision_and_says_what_else_it_is_given(failure):
    made, x = encoder(standardise=True), torch.rand(4, 2)
    assert made(x.half()).isfinite().all()
    said = failure(InputError, made, x.double())
    assert said == (
        "features: expected torch.float32, as the module is, got torch.float64; cast one of them, "
        "x.to(dtype) or module.to(dtype)"
    )
    assert encoder()(x.double()).dtype == torch.float64


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_features": "2"}, "n_features: expected whole numbers from 0, such as (2, 3) or 6, go"),
        ({"n_features": (1, 1)}, "n_features: expected a whole number, got (1, 1)"),
        ({"standardise": "no"}, "standardise: expected True or False; got 'no'"),
    ],
)
def test_an_own_encoder_is_asked_for_in_the_right_kinds(failure, options, said):
    assert failure(InputError, encoder, **options).startswith(said)
