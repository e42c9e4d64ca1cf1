"""The device `statevector` amid what torch offers: threads, compile, transforms, other devices."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from qfusion_core import Angle, Circuit, Gate, InputError, QfusionError, Term, pauli_words
from qfusion_statevector.device import Statevector

WORDS = pauli_words("xyz", 3)
executors = pytest.mark.parametrize("executor", ["numba", "torch", "lightning"])


def circuit(unused=0):
    """Two layers on three wires; the last entries of data and weights are in no angle."""
    gates = []
    for layer in range(2):
        for wire in range(3):
            data, weight = Term("data", wire, 1.0), Term("weight", 3 * layer + wire, 1.0)
            gates += [Gate("RY", (wire,), Angle((data,))), Gate("RX", (wire,), Angle((weight,)))]
        gates += [Gate("CNOT", (wire, (wire + 1) % 3)) for wire in range(3)]
    return Circuit(3, tuple(gates), 3 + unused, 6 + unused)


def inputs(batch=3, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    data = torch.randn(batch, 3, generator=generator, dtype=dtype)
    weights = torch.randn(6, generator=generator, dtype=dtype)
    return data.requires_grad_(), weights.requires_grad_()


def function(executor):
    sv, of = Statevector(Statevector.Options(executor=executor)), circuit()
    return lambda data, weights: sv.expectations(of, data, weights, WORDS)


def values_and_gradients(run, *of):
    values = run(*of)
    return values.detach(), *torch.autograd.grad(values.square().sum(), of)


def assert_equal(got, expected):
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_threads_that_share_lightning_get_their_own_gradients():
    run = function("lightning")
    alone = [values_and_gradients(run, *inputs(seed=seed)) for seed in range(12)]
    with ThreadPoolExecutor(6) as pool:
        together = list(
            pool.map(lambda seed: values_and_gradients(run, *inputs(seed=seed % 12)), range(36))
        )
    for number, found in enumerate(together):
        assert_equal(found, alone[number % 12])


@executors
def test_large_entries_whose_sum_overflows_are_finite(executor):
    sv = Statevector(Statevector.Options(executor=executor))
    data, weights = (part.detach() for part in inputs(dtype=torch.float32))
    large = torch.full((3, 1), 3e38), torch.full((1,), -3e38)
    values = sv.expectations(
        circuit(unused=1), torch.cat([data, large[0]], 1), torch.cat([weights, large[1]]), WORDS
    )
    torch.testing.assert_close(values, sv.expectations(circuit(), data, weights, WORDS))


@executors
def test_nan_in_a_column_that_no_angle_uses_is_named_and_forgotten(executor):
    sv = Statevector(Statevector.Options(executor=executor))
    data, weights = torch.zeros(3, 4), torch.zeros(7)
    right = sv.expectations(circuit(unused=1), data, weights, WORDS)
    data[2, 3] = torch.nan
    with pytest.raises(QfusionError, match=r"data: 1 entries are NaN or infinite.*\[2, 3\]"):
        sv.expectations(circuit(unused=1), data, weights, WORDS)
    with pytest.raises(QfusionError, match="weights: 7 entries are NaN or infinite"):
        sv.expectations(circuit(unused=1), torch.zeros(3, 4), weights + torch.inf, WORDS)
    again = sv.expectations(circuit(unused=1), torch.zeros(3, 4), weights, WORDS)
    assert torch.equal(again, right)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # torch's own, in jvp
@executors
@pytest.mark.parametrize(
    "transform",
    [
        lambda run, data, weights: torch.func.grad(lambda w: run(data, w).sum())(weights),
        lambda run, data, weights: torch.func.vmap(lambda w: run(data, w))(weights[None]),
        lambda run, data, weights: torch.func.jvp(lambda w: run(data, w), (weights,), (weights,)),
        lambda run, data, weights: torch.autograd.functional.jacobian(
            lambda w: run(data, w), weights, vectorize=True
        ),
    ],
    ids=["grad", "vmap", "jvp", "vectorize"],
)
def test_transforms_are_refused_and_leave_nothing_behind(executor, transform):
    run, of = function(executor), inputs()
    with pytest.raises(QfusionError, match=r"no vectorized Jacobians, and no torch\.func"):
        transform(run, *(part.detach() for part in of))
    assert_equal(values_and_gradients(run, *of), values_and_gradients(function("torch"), *of))


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # torch looks there itself
@executors
def test_a_compiled_model_goes_around_the_device(executor):
    """Its first call, too, in which programs and kernels are made."""
    run = function(executor)

    def model(data, weights):
        return 2 * run(data.sin(), weights * 2)

    torch._dynamo.reset()
    compiled = torch.compile(model, backend="aot_eager")
    got = [values_and_gradients(compiled, *inputs(batch)) for batch in (3, 4, 3)]
    for batch, found in zip((3, 4, 3), got, strict=True):
        assert_equal(found, values_and_gradients(model, *inputs(batch)))


@executors
def test_the_device_meta_is_refused(executor):
    with pytest.raises(InputError, match="device meta hold no numbers"):
        function(executor)(*(part.detach().to("meta") for part in inputs()))


@executors
def test_meta_as_the_default_device_changes_nothing(executor):
    of = inputs()
    with torch.device("meta"):
        found = values_and_gradients(function(executor), *of)
    assert_equal(found, values_and_gradients(function(executor), *of))


@executors
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda sv: pickle.loads(pickle.dumps(sv))])
def test_a_device_that_was_used_can_be_copied_and_sent_to_another_process(executor, copied):
    sv, of = Statevector(Statevector.Options(executor=executor)), inputs()
    before = sv.expectations(circuit(), *of, WORDS)
    assert torch.equal(copied(sv).expectations(circuit(), *of, WORDS), before)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda sv: pickle.loads(pickle.dumps(sv))])
@pytest.mark.parametrize("sampling", ["draws", "gaussian"])
def test_a_copied_device_goes_on_with_the_same_draws(sampling, copied):
    sv = Statevector(Statevector.Options(shots=50, seed=3, sampling=sampling))
    sv.expectations(circuit(), *inputs(), WORDS)
    other = copied(sv)
    draws = [each.expectations(circuit(), *inputs(), WORDS) for each in (sv, other, sv)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
