"""The device `statevector` on light cones: equal to the whole circuit, and wide."""

import copy
import math
import pickle
import random

import pytest
import torch

from qfusion_core import Circuit, Gate, InputError, QfusionError, light_cones, pauli_words
from qfusion_statevector import cut as cutting
from qfusion_statevector.autograd import Expectations
from qfusion_statevector.compiler.program import compile_program
from qfusion_statevector.cut import Cut, cut, in_cones, whole
from qfusion_statevector.device import Statevector
from qfusion_statevector.executor_choice import ExecutorChoice, _make
from qfusion_statevector.flops import kernel_flops
from qfusion_statevector.numba_executor import executor as numba_executor
from qfusion_statevector.numba_executor.executor import spans
from qfusion_statevector.numba_executor.operations import per_sample
from qfusion_statevector.stacked_cones import StackedCones
from support.layered_circuits import ENTANGLERS, layered, neighbours

CPU = torch.device("cpu")
READOUTS = ("z", "z+zz-ring", "z+zz-all", "xyz", "xyz+pairs", "neighbours")
both = pytest.mark.parametrize("executor", ["numba", "torch"])


def words_of(readout, n_wires):
    return neighbours(n_wires) if readout == "neighbours" else pauli_words(readout, n_wires)


def device(**options):
    return Statevector(Statevector.Options(**options))


def inputs(circuit, batch=3, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    data = torch.randn(batch, circuit.n_data, generator=generator, dtype=torch.float64)
    weights = torch.randn(circuit.n_weights, generator=generator, dtype=torch.float64)
    return data.to(dtype).requires_grad_(), weights.to(dtype).requires_grad_()


def results(run, data, weights, seed=0):
    values = run(data, weights)
    generator = torch.Generator().manual_seed(seed)
    cotangent = torch.randn(values.shape, generator=generator, dtype=torch.float64).to(values)
    return values.detach(), *torch.autograd.grad((values * cotangent).sum(), (data, weights))


def of_executor(name, parts: Cut, data, weights, seed=0):
    made = _make(name, parts, data.dtype, CPU)
    return results(lambda x, w: Expectations.apply(x, w, made), data, weights, seed)


def assert_equal(got, expected, tolerance=1e-10):
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=tolerance)


def random_case(seed, wires):
    """A circuit of some entangler and layout, words of some readout, a batch."""
    draw = random.Random(seed)
    entangler = ENTANGLERS[seed % len(ENTANGLERS)]
    n_wires = draw.randint(*wires)
    rotations = draw.choice([("RZ", "RY"), ("RY", "RZ"), ("RX",), ("RZ", "RY", "RZ")])
    circuit = layered(
        n_wires, draw.randint(1, 3), entangler, reupload=draw.random() < 0.5, rotations=rotations
    )
    words = list(words_of(draw.choice(READOUTS), n_wires))
    draw.shuffle(words)
    return circuit, tuple(words[: draw.randint(1, len(words))]), draw.choice([1, 2, 7, 17])


def check_against_the_whole(seed, wires, executor):
    circuit, words, batch = random_case(seed, wires)
    data, weights = inputs(circuit, batch, seed=seed)
    expected = of_executor("numba", whole(circuit, words), data, weights, seed)
    assert_equal(of_executor(executor, in_cones(circuit, words), data, weights, seed), expected)


@both
@pytest.mark.parametrize("seed", range(24))
def test_values_and_gradients_are_those_of_the_whole_state_vector(seed, executor):
    check_against_the_whole(seed, (2, 9), executor)


@pytest.mark.parametrize("seed", range(180, 184))
def test_wide_circuits_too(seed):
    check_against_the_whole(seed, (13, 14), "numba")


@pytest.mark.soak
@both
@pytest.mark.parametrize("seed", range(180))
def test_180_circuits_of_every_entangler_readout_and_layout(seed, executor):
    check_against_the_whole(seed, (2, 12), executor)


@pytest.mark.soak
@both
@pytest.mark.parametrize("seed", range(180, 200))
def test_20_circuits_of_13_to_16_wires(seed, executor):
    check_against_the_whole(seed, (13, 16), executor)


def test_lightning_takes_cones_row_by_row():
    circuit, words = layered(5, 1, "brick-cz"), neighbours(5)
    data, weights = inputs(circuit, 2)
    expected = of_executor("numba", whole(circuit, words), data, weights)
    assert_equal(of_executor("lightning", in_cones(circuit, words), data, weights), expected)


def test_one_compiled_shape_serves_all_cones(monkeypatch):
    compiled = []
    compile_program = cutting.compile_program
    monkeypatch.setattr(
        cutting, "compile_program", lambda *of: compiled.append(of) or compile_program(*of)
    )
    parts = cut(layered(100, 3, "brick-cz"), neighbours(100))
    assert [shape.count for shape in parts.shapes] == [1, 45, 1]
    assert len(compiled) == 3 and parts.widest == 8
    executor = _make("numba", parts, torch.float32, CPU)
    assert len(executor._shapes) == 3


def test_the_whole_is_taken_where_it_costs_less():
    ring, words = layered(9, 3, "ring"), pauli_words("z+zz-ring", 9)
    assert cut(ring, words).is_whole
    small, of_small = layered(4, 3, "brick"), neighbours(4)
    assert cut(small, of_small).is_whole
    brick, of_brick = layered(16, 3, "brick"), neighbours(16)
    parts = cut(brick, of_brick)
    assert not parts.is_whole and parts.flops < whole(brick, of_brick).flops / 100
    assert kernel_flops(brick, of_brick, 5) == 5 * parts.flops


@pytest.mark.parametrize("seed", range(12))
def test_joining_neighbours_never_costs_flops(seed):
    circuit, words, _ = random_case(seed, (2, 9))
    alone = sum(
        per_sample(compile_program(cone.circuit, cone.words))
        for cone in light_cones(circuit, words)
    )
    assert in_cones(circuit, words).flops <= max(alone, whole(circuit, words).flops)


@both
@pytest.mark.parametrize("batch", [0, 1, 16, 33])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_hundred_qubits_in_any_batch(batch, dtype, executor):
    circuit, words = layered(100, 2, "brick-cz"), neighbours(100)
    data, weights = inputs(circuit, batch, dtype)
    values, dx, dw = results(
        lambda x, w: device(executor=executor).expectations(circuit, x, w, words), data, weights
    )
    assert values.shape == (batch, 199) and values.dtype == dtype
    assert (dx.shape, dw.shape) == (data.shape, weights.shape)
    assert not batch or bool((dx != 0).all() and (dw != 0).any())
    # wires 40 to 50 of the middle, with all that they can see
    if batch:
        near = [w for w in words if "Z" in w[45:46]]
        expected = device(executor="torch").expectations(circuit, data, weights, near)
        found = values[:, [words.index(word) for word in near]]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_executors_agree_and_so_do_precisions():
    circuit, words = layered(40, 3, "brick"), neighbours(40)
    data, weights = inputs(circuit, 5)
    exact = of_executor("numba", cut(circuit, words), data, weights)
    assert_equal(of_executor("torch", cut(circuit, words), data, weights), exact, 1e-12)
    single = [part.detach().float().requires_grad_() for part in (data, weights)]
    for name in ("numba", "torch"):
        rounded = of_executor(name, cut(circuit, words), *single)
        assert_equal([part.double() for part in rounded], exact, 1e-4)


def test_mixed_precision_and_gradients_of_one_input_alone():
    circuit, words = layered(20, 2, "brick"), neighbours(20)
    sv, (data, weights) = device(), inputs(circuit, 4)
    _, dx, dw = results(lambda x, w: sv.expectations(circuit, x, w, words), data, weights)
    mixed = sv.expectations(circuit, data, weights.detach().float(), words)
    assert mixed.dtype == torch.float64
    for executor in ("numba", "torch"):
        one = device(executor=executor)
        for of, expected in ((data, dx), (weights, dw)):
            parts = [part if part is of else part.detach() for part in (data, weights)]
            values = one.expectations(circuit, *parts, words)
            generator = torch.Generator().manual_seed(0)
            cotangent = torch.randn(values.shape, generator=generator, dtype=torch.float64)
            (found,) = torch.autograd.grad((values * cotangent).sum(), of)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_share_the_cones_and_change_nothing(monkeypatch, threads):
    monkeypatch.setattr(numba_executor, "WORTH_A_THREAD", 1)
    circuit, words = layered(30, 2, "brick-cz"), neighbours(30)
    data, weights = inputs(circuit, 20)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    alone = of_executor("numba", cut(circuit, words), data, weights)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert_equal(of_executor("numba", cut(circuit, words), data, weights), alone, 1e-12)


@pytest.mark.parametrize("threads", [1, 2, 5, 40])
def test_each_chunk_is_run_by_one_thread(threads):
    chunks, works = [3, 94, 2, 1], [5, 12, 7, 1]
    shares = spans(chunks, works, threads)
    taken = [(number, c) for share in shares for number, a, b in share for c in range(a, b)]
    assert taken == [(number, c) for number, count in enumerate(chunks) for c in range(count)]
    load = [sum((b - a) * works[number] for number, a, b in share) for share in shares]
    assert max(load) - min(load) <= 2 * max(works)


@both
@pytest.mark.parametrize("where", ["data", "weights"])
def test_what_is_not_finite_is_refused_even_where_no_cone_reads_it(where, executor):
    circuit, words = layered(20, 1, "brick"), neighbours(20)[:3]
    data, weights = (part.detach() for part in inputs(circuit, 2))
    (data[1] if where == "data" else weights)[-1] = math.nan
    with pytest.raises(QfusionError, match=f"{where}: 1 entries are NaN or infinite"):
        device(executor=executor).expectations(circuit, data, weights, words)


def test_second_derivatives_are_refused():
    circuit, words = layered(20, 1, "brick"), neighbours(20)
    data, weights = inputs(circuit, 2)
    values = device().expectations(circuit, data, weights, words)
    with pytest.raises(QfusionError, match="no second derivatives"):
        torch.autograd.grad(values.sum(), data, create_graph=True)


def test_copies_make_their_own():
    circuit, words = layered(20, 1, "brick"), neighbours(20)
    data, weights = inputs(circuit, 2)
    sv = device()
    values = sv.expectations(circuit, data, weights, words)
    for other in (copy.deepcopy(sv), pickle.loads(pickle.dumps(sv))):
        assert torch.equal(other.expectations(circuit, data, weights, words), values)


def test_a_word_may_be_asked_for_twice_and_without_letters():
    circuit = layered(20, 1, "brick")
    words = ("Z" + "I" * 19, "I" * 20, "I" * 18 + "ZI", "Z" + "I" * 19)
    data, weights = inputs(circuit, 2)
    for executor in ("numba", "torch"):
        values = device(executor=executor).expectations(circuit, data, weights, words)
        assert torch.equal(values[:, 0], values[:, 3])
        torch.testing.assert_close(values[:, 1], torch.ones(2, dtype=torch.float64))


# --- shots -------------------------------------------------------------------------------------


def test_draws_are_exact_word_by_word():
    circuit, words = layered(30, 1, "brick-cz"), neighbours(30)
    data, weights = (part.detach() for part in inputs(circuit, 2))
    exact = device().expectations(circuit, data, weights, words)
    shots = 4000
    sampled = device(shots=shots, seed=1).expectations(circuit, data, weights, words)
    error = ((1 - exact**2) / shots).clamp(min=1e-12).sqrt()
    assert bool(((sampled - exact).abs() <= 5 * error + 1e-9).all())
    assert 0.7 < float((((sampled - exact) / error) ** 2).mean()) < 1.3
    noisy = device(shots=shots, seed=1, sampling="gaussian")
    found = noisy.expectations(circuit, data, weights, words)
    assert 0.7 < float((((found - exact) / error) ** 2).mean()) < 1.3


def test_words_of_one_cone_share_shots_and_words_of_different_cones_do_not():
    # Bell pairs on (0, 1) and (2, 3): each wire alone is a fair coin, a pair always agrees
    gates = [gate for w in (0, 2) for gate in (Gate("H", (w,)), Gate("CNOT", (w, w + 1)))]
    circuit = Circuit(4, tuple(gates), 0, 0)
    words = ("ZIII", "IZII", "ZZII", "IIZI", "IIIZ", "IIZZ")
    parts = in_cones(circuit, words)
    assert [shape.count for shape in parts.shapes] == [2]
    assert parts.shapes[0].observables.tolist() == [[0, 1, 2], [3, 4, 5]]
    sv = device(shots=100, seed=0)
    rows = sv.expectations(circuit, torch.zeros(200, 0), torch.zeros(0), words)
    if cut(circuit, words).is_whole:
        pytest.fail("two cones of two wires cost less than four wires")
    a, b, ab, c, d, cd = rows.T
    assert torch.equal(a, b) and torch.equal(c, d)
    assert torch.equal(ab, torch.ones(200)) and torch.equal(cd, torch.ones(200))
    assert abs(float(torch.corrcoef(torch.stack([a, c]))[0, 1])) < 0.3


# --- memory and who computes -------------------------------------------------------------------


@pytest.mark.parametrize("executor", [None, "numba", "torch", "lightning"])
def test_a_ring_of_a_hundred_qubits_is_refused_with_the_number_and_what_would_do(executor):
    circuit, words = layered(100, 1, "ring"), neighbours(100)
    with pytest.raises(InputError) as caught:
        device(executor=executor, memory_gb=8).expectations(
            circuit, torch.zeros(32, 100), torch.zeros(circuit.n_weights), words
        )
    text = str(caught.value)
    assert text.startswith("statevector: 100 wires (widest cone 100) x 32 rows need about ")
    assert "8 GB may be used; even one row does not fit: use " in text
    assert (
        "or light cones as narrow: fewer layers, gates between neighbours alone (of an encoder: "
        "entangler: brick, or entangling_gate: cz)" in text
    )
    assert "\n" not in text
    fits = int(text.split("does not fit: use ")[1].split()[0])
    assert 10 < fits < 40


def test_refusals_count_the_widest_cone():
    circuit, words = layered(100, 12, "brick-cz"), neighbours(100)
    with pytest.raises(InputError, match=r"100 wires \(widest cone 26\) x 32 rows need about "):
        device(memory_gb=1).expectations(
            circuit, torch.zeros(32, 100), torch.zeros(circuit.n_weights), words
        )


@both
def test_memory_is_that_of_all_cones(executor):
    circuit, words = layered(100, 2, "brick"), neighbours(100)
    _, weights = inputs(circuit)
    sv = device(memory_gb=0.02, executor=executor)
    with pytest.raises(InputError, match=r"up to \d+ rows fit") as caught:
        sv.expectations(circuit, torch.zeros(10**6, 100), weights, words)
    rows = int(str(caught.value).split("up to ")[1].split()[0])
    assert sv.expectations(circuit, torch.zeros(rows, 100), weights, words).shape == (rows, 199)


def test_a_single_row_of_narrow_cones_stays_here():
    circuit, words = layered(100, 2, "brick"), neighbours(100)
    chosen = ExecutorChoice(None, None).executor(circuit, words, torch.float32, CPU, 1)
    assert type(chosen).__name__ == "NumbaExecutor"
    asked = ExecutorChoice("torch", None).executor(circuit, words, torch.float32, CPU, 1)
    assert isinstance(asked, StackedCones)
