"""The device `statevector` read out with shots: a black box with a stream of draws."""

import math
import resource

import pytest
import torch
from pydantic import ValidationError

from qfusion_core import Angle, Circuit, Gate, InputError, Term
from qfusion_core.circuits.pauli_words import pauli_words
from qfusion_statevector.device import Statevector
from qfusion_statevector.options import MOST_SHOTS

WORDS = [*pauli_words("xyz+pairs", 3), "III"]


def circuit():
    gates = [Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))) for wire in range(3)]
    gates += [Gate("RX", (wire,), Angle((Term("weight", 0, 1.0),), 0.2)) for wire in range(3)]
    gates += [Gate("CNOT", (0, 1)), Gate("CNOT", (1, 2)), Gate("RZ", (2,), Angle((), 0.4))]
    gates += [Gate("RX", (2,), Angle((Term("weight", 1, 1.0), Term("data", 0, -0.5))))]
    return Circuit(3, tuple(gates), 3, 2)


def device(**options):
    return Statevector(Statevector.Options(**options))


def inputs(dtype=torch.float64):
    data = torch.linspace(-1, 1, 12, dtype=dtype).reshape(4, 3)
    return data.requires_grad_(), torch.tensor([0.3, -0.8], dtype=dtype, requires_grad=True)


def test_each_value_is_within_five_standard_errors():
    shots = 4096
    sampled = device(shots=shots, seed=1).expectations(circuit(), *inputs(), WORDS).detach()
    exact = device().expectations(circuit(), *inputs(), WORDS).detach()
    error = ((1 - exact**2) / shots).clamp(min=0).sqrt()
    assert ((sampled - exact).abs() <= 5 * error + 1e-9).all()
    assert (sampled != exact).float().mean() > 0.9


def test_values_are_means_of_whole_shots():
    values = device(shots=8, seed=0).expectations(circuit(), *inputs(torch.float32), WORDS)
    assert values.dtype == torch.float32
    torch.testing.assert_close(values * 4, (values * 4).round(), rtol=0, atol=1e-6)


def test_one_group_is_read_from_the_same_draws():
    z0, z1, zz = (
        device(shots=64, seed=5)
        .expectations(circuit(), *inputs(), ["ZII", "IZI", "ZZI"])
        .detach()
        .T
    )
    # the frequency of every outcome of wires 0 and 1 is a whole number of shots
    for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        count = (1 + a * z0 + b * z1 + a * b * zz) / 4 * 64
        torch.testing.assert_close(count, count.round(), rtol=0, atol=1e-6)
        assert (count > -1e-6).all()


def test_a_seed_starts_a_stream():
    def calls(sv):
        return [sv.expectations(circuit(), *inputs(), WORDS).detach() for _ in range(2)]

    first, second = calls(device(shots=100, seed=3))
    again = calls(device(shots=100, seed=3))
    assert not torch.equal(first, second)
    assert torch.equal(torch.stack([first, second]), torch.stack(again))
    assert not torch.equal(first, calls(device(shots=100, seed=4))[0])


def test_without_a_seed_the_draws_follow_torch():
    def values():
        torch.manual_seed(0)
        return device(shots=100).expectations(circuit(), *inputs(), WORDS).detach()

    assert torch.equal(values(), values())


def test_gradients_go_through_parameter_shift():
    def gradients(sv):
        data, weights = inputs()
        values = sv.expectations(circuit(), data, weights, WORDS[:3])
        return torch.autograd.grad(values.sum(), (data, weights))

    sampled, exact = gradients(device(shots=200_000, seed=0)), gradients(device())
    for got, expected in zip(sampled, exact, strict=True):
        assert not torch.equal(got, expected)
        torch.testing.assert_close(got, expected, rtol=0, atol=0.03)


@pytest.mark.parametrize("shots", [0, -5])
def test_shots_below_one_are_refused(shots):
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Statevector.Options(shots=shots)


def test_more_shots_than_are_counted_are_refused():
    assert device(shots=MOST_SHOTS).shots == 10**8
    for shots in (MOST_SHOTS + 1, 9999999999999):
        with pytest.raises(ValidationError, match=r"shots\n.*less than or equal to 100000000"):
            Statevector.Options(shots=shots)


def test_draws_in_turns_are_the_draws_at_once(monkeypatch):
    def draws(at_once):
        monkeypatch.setattr("qfusion_statevector.shot_sampling.DRAWS_AT_ONCE", at_once)
        return device(shots=10_000, seed=3).expectations(circuit(), *inputs(), WORDS)

    assert torch.equal(draws(2**22), draws(999))


def test_counts_beyond_2_to_24_are_counts_in_single_precision():
    one = Circuit(1, (Gate("RY", (0,), Angle((Term("data", 0, 1.0),))),), 1, 0)
    exact = torch.tensor([[1.2]])
    opened = device(shots=30_000_000, seed=1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    value = opened.expectations(one, exact, torch.zeros(0), ["Z"])
    assert abs(float(value) - math.cos(1.2)) < 5 / math.sqrt(30_000_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_a_seed_without_shots_is_refused():
    with pytest.raises(InputError, match="seed: exact values draw nothing; set shots or drop"):
        device(seed=1)


def test_the_device_says_how_many_shots_it_takes():
    assert device(shots=10).shots == 10
    assert device().shots is None
