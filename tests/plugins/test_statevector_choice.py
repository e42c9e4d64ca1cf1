"""Who computes: by size, by what is installed, and never more than fits into memory."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_core import Angle, Circuit, Gate, InputError, Term
from qfusion_core.circuits.pauli_words import pauli_words
from qfusion_statevector.cut import cut
from qfusion_statevector.device import Statevector
from qfusion_statevector.executor_choice import ExecutorChoice
from qfusion_statevector.memory import estimate, require_memory


def layered(n_wires):
    gates = [Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))) for wire in range(n_wires)]
    gates += [Gate("CNOT", (wire, wire + 1)) for wire in range(n_wires - 1)]
    for wire in range(n_wires):
        gates += [Gate(name, (wire,), Angle((Term("weight", wire, 1.0),))) for name in ("RZ", "RY")]
    return Circuit(n_wires, tuple(gates), n_wires, n_wires)


def device(**options):
    return Statevector(Statevector.Options(**options))


def name_of(wanted, n_wires, batch, dtype=torch.float32):
    words = ("Z" * n_wires,)
    made = ExecutorChoice(wanted, 1000.0)
    executor = made.executor(Circuit(n_wires, (), 0, 0), words, dtype, torch.device("cpu"), batch)
    return type(executor).__name__


def test_the_fastest_that_fits_is_chosen():
    assert name_of(None, 9, 1) == "NumbaExecutor"
    assert name_of("torch", 9, 1) == "TorchExecutor"
    with pytest.warns(UserWarning, match="a single row of 17 wires is .* lightning.qubit"):
        assert name_of(None, 17, 1) == "LightningExecutor"
    assert name_of(None, 17, 2) == "NumbaExecutor"
    assert name_of("numba", 17, 1) == "NumbaExecutor"


def test_without_numba_torch_takes_over(monkeypatch):
    monkeypatch.setattr("qfusion_statevector.executor_choice.find_spec", lambda name: None)
    assert name_of(None, 9, 1) == "TorchExecutor"
    with pytest.raises(InputError, match=r'numba is not installed; pip install "qfusion\[fast\]"'):
        device(executor="numba")


def test_what_is_handed_over_is_said_once_and_is_right():
    circuit, words = layered(17), ["Z" * 17, "X" + "I" * 16, "IY" + "Z" * 15]
    found = []
    for sv in (device(), device(executor="torch")):
        data = torch.linspace(-1, 1, 17)[None].clone().requires_grad_()
        weights = torch.linspace(0, 1, 17).requires_grad_()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            for _ in range(2):
                values = sv.expectations(circuit, data, weights, words)
        assert len(said) == (sv is not found and not found)
        gradients = torch.autograd.grad(values.square().sum(), (data, weights))
        found.append((values.detach(), *gradients))
    for a, b in zip(*found, strict=True):
        assert a.dtype == torch.float32
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_lightning_is_one_of_the_executors(dtype):
    circuit, words = layered(3), pauli_words("xyz", 3)
    results = []
    for executor in ("lightning", "torch"):
        data = torch.linspace(-1, 1, 6, dtype=dtype).view(2, 3).requires_grad_()
        weights = torch.linspace(0, 1, 3, dtype=dtype).requires_grad_()
        values = device(executor=executor).expectations(circuit, data, weights, words)
        gradients = torch.autograd.grad(values.square().sum(), (data, weights))
        results.append((values.detach(), *gradients))
    for a, b in zip(*results, strict=True):
        assert a.dtype == dtype
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5 if dtype == torch.float32 else 1e-12)


def test_many_rows_are_shared_out_to_threads_and_stay_the_same(monkeypatch):
    from qfusion_statevector.numba_executor import executor

    monkeypatch.setattr(executor, "WORTH_A_THREAD", 1)
    circuit, words = layered(5), pauli_words("xyz", 5)
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        data = torch.randn(90, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
        weights = torch.linspace(0, 1, 5).requires_grad_()
        values = device(executor="numba").expectations(circuit, data, weights, words)
        gradients = torch.autograd.grad(values.square().sum(), (data, weights))
        found.append((values.detach(), *gradients))
    for one, three in zip(*found, strict=True):
        torch.testing.assert_close(one, three, rtol=0, atol=1e-4)


@pytest.mark.parametrize("executor", [None, "numba", "torch", "lightning"])
def test_what_cannot_fit_is_refused_before_it_is_allocated(executor):
    circuit = Circuit(50, (Gate("H", (0,)),), 0, 0)
    with pytest.raises(InputError) as caught:
        device(executor=executor).expectations(
            circuit, torch.zeros(3, 0), torch.zeros(0), ["Z" * 50]
        )
    text = str(caught.value)
    assert text.startswith("statevector: 50 wires (widest cone 50) x 3 rows need about ")
    assert "even one row does not fit: use " in text


@pytest.mark.parametrize("executor", ["numba", "torch"])
def test_what_is_said_to_fit_does_fit(executor):
    circuit, words = layered(6), pauli_words("xyz", 6)
    sv = device(memory_gb=0.001, executor=executor)

    def run(batch):
        return sv.expectations(circuit, torch.zeros(batch, 6), torch.zeros(6), words)

    with pytest.raises(InputError, match=r"0\.001 GB may be used; up to ") as caught:
        run(10_000)
    rows = int(str(caught.value).split("up to ")[1].split()[0])
    assert run(rows).shape == (rows, 18)
    with pytest.raises(InputError):
        run(rows + 1)


@pytest.mark.parametrize("executor", ["numba", "torch", "lightning"])
@given(n_wires=st.integers(3, 40), limit=st.sampled_from([1e-4, 1e-3, 0.1]))
@settings(max_examples=20, deadline=None)
def test_the_number_of_wires_that_is_said_to_fit_does_fit(n_wires, limit, executor):
    def check(n):
        parts = cut(Circuit(n, (), 0, 0), ("Z" * n,))
        need = estimate(executor, parts.shapes, torch.float32)
        require_memory(n, parts.widest, need, 1, torch.device("cpu"), limit)

    try:
        check(n_wires)
    except InputError as error:
        fits = int(str(error).split("use ")[1].split()[0])
        assert fits < n_wires
        check(fits)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1}, "seed: exact values draw nothing; set shots or drop seed"),
        ({"sampling": "gaussian"}, "sampling: exact values draw nothing"),
        ({"shots": 5, "executor": "numba"}, "executor: numba draws no outcomes; use executor: tor"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        device(**options)


def test_lightning_is_named_where_nothing_else_fits():
    with pytest.raises(InputError, match=r"even one row .* executor: lightning takes row by row"):
        device(memory_gb=0.1).expectations(
            layered(20), torch.zeros(2, 20), torch.zeros(20), ["Z" * 20]
        )


def test_lightning_takes_a_circuit_without_angles():
    data = torch.ones(2, 1, requires_grad=True)
    circuit = Circuit(2, (Gate("H", (0,)),), 1, 0)
    values = device(executor="lightning").expectations(circuit, data, torch.zeros(0), ["XI", "ZI"])
    values.sum().backward()
    assert data.grad.tolist() == [[0], [0]]


def test_a_numba_that_cannot_run_is_said(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    with pytest.warns(UserWarning, match="NUMBA_DISABLE_JIT is set; executor: torch takes over"):
        assert name_of(None, 3, 1) == "TorchExecutor"
    with pytest.raises(InputError, match="executor numba: NUMBA_DISABLE_JIT is set"):
        device(executor="numba")
