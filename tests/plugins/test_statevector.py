"""The device `statevector`: exact values and gradients, any circuit, any word, any batch."""

from concurrent.futures import ThreadPoolExecutor

import pennylane as qml
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qfusion_core import Angle, Circuit, Gate, InputError, QfusionError, Term
from qfusion_core.circuits.gates import FIXED, ROTATIONS
from qfusion_core.circuits.pauli_words import pauli_words
from qfusion_statevector.device import Statevector
from qfusion_statevector.numba_executor.buffers import BufferLayout

N_DATA, N_WEIGHTS = 3, 4
OPERATIONS = {
    "H": qml.Hadamard,
    "Sdg": lambda wires: qml.adjoint(qml.S(wires)),
    "Tdg": lambda wires: qml.adjoint(qml.T(wires)),
    "SXdg": lambda wires: qml.adjoint(qml.SX(wires)),
}


def terms():
    source = st.sampled_from(
        [("data", i) for i in range(N_DATA)] + [("weight", i) for i in range(4)]
    )
    scale = st.sampled_from([1.0, -0.5, 2.0, 0.3])
    return st.builds(lambda s, scale: Term(*s, scale), source, scale)


@st.composite
def circuits(draw, max_wires=5):
    n_wires = draw(st.integers(1, max_wires))
    names = sorted(ROTATIONS) * 4 + sorted(g for g in FIXED if FIXED[g] <= n_wires)
    if n_wires > 1:
        names += ["CNOT", "CZ", "SWAP"] * 3

    def gate(name):
        wires = draw(st.permutations(range(n_wires)))[: FIXED.get(name, 1)]
        if name in FIXED:
            return Gate(name, tuple(wires))
        angle = Angle(tuple(draw(st.lists(terms(), max_size=2))), draw(st.sampled_from([0.0, 0.7])))
        return Gate(name, tuple(wires), angle)

    gates = [gate(name) for name in draw(st.lists(st.sampled_from(names), max_size=30))]
    return Circuit(n_wires, tuple(gates), N_DATA, N_WEIGHTS)


@st.composite
def cases(draw):
    circuit = draw(circuits())
    letters = st.text("IXYZ", min_size=circuit.n_wires, max_size=circuit.n_wires)
    words = draw(st.lists(letters, min_size=1, max_size=6))
    return circuit, words, draw(st.sampled_from([1, 7, 32, 300])), draw(st.integers(0, 1000))


def inputs(batch, seed, dtype=torch.float64, n_data=N_DATA, n_weights=N_WEIGHTS):
    generator = torch.Generator().manual_seed(seed)
    data = torch.randn(batch, n_data, generator=generator, dtype=torch.float64).to(dtype)
    weights = torch.randn(n_weights, generator=generator, dtype=torch.float64).to(dtype)
    return data.requires_grad_(), weights.requires_grad_()


def reference(circuit, data, weights, words):
    """PennyLane's default.qubit, gate by gate, with the angles added up here."""

    @qml.qnode(qml.device("default.qubit", wires=circuit.n_wires), diff_method="backprop")
    def run():
        for gate in circuit.gates:
            arguments = []
            if gate.angle is not None:
                value = data.new_full((len(data),), gate.angle.offset)
                for t in gate.angle.terms:
                    entry = data[:, t.index] if t.source == "data" else weights[t.index]
                    value = value + t.scale * entry
                arguments = [value]
            operation = OPERATIONS.get(gate.name) or getattr(qml, gate.name)
            operation(*arguments, wires=gate.wires)
        return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words]

    columns = [torch.as_tensor(column).expand(len(data)) for column in run()]
    return torch.stack(columns, 1)


def values_and_gradients(function, data, weights, seed=0):
    values = function(data, weights)
    cotangent = torch.randn(values.shape, generator=torch.Generator().manual_seed(seed))
    loss = (values * cotangent).sum() + 0 * (data.sum() + weights.sum())
    return values.detach(), *torch.autograd.grad(loss, (data, weights))


def device(**options):
    return Statevector(Statevector.Options(**options))


def assert_close(got, expected, tolerance):
    for a, b in zip(got, expected, strict=True):
        largest = max(1.0, float(b.abs().max())) if b.numel() else 1.0
        assert a.shape == b.shape
        assert float((a - b).abs().max()) <= tolerance * largest


SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
executors = pytest.mark.parametrize("executor", ["numba", "torch"])


@executors
@settings(max_examples=60, **SLOW)
@given(case=cases())
def test_values_and_gradients_are_those_of_default_qubit(case, executor):
    circuit, words, batch, seed = case
    data, weights = inputs(batch, seed)
    sv = device(executor=executor)
    got = values_and_gradients(
        lambda x, w: sv.expectations(circuit, x, w, words), data, weights, seed
    )
    expected = values_and_gradients(
        lambda x, w: reference(circuit, x, w, words), data, weights, seed
    )
    assert_close(got, expected, 1e-10)


@executors
@settings(max_examples=30, **SLOW)
@given(case=cases())
def test_float32_stays_float32_and_near_float64(case, executor):
    circuit, words, batch, seed = case
    sv = device(executor=executor)
    single, double = (
        values_and_gradients(
            lambda x, w: sv.expectations(circuit, x, w, words), *inputs(batch, seed, dtype), seed
        )
        for dtype in (torch.float32, torch.float64)
    )
    assert {tensor.dtype for tensor in single} == {torch.float32}
    assert_close([tensor.double() for tensor in single], double, 1e-5)


@settings(max_examples=30, **SLOW)
@given(case=cases())
def test_kept_scratch_may_hold_anything(case):
    circuit, words, batch, seed = case
    data, weights = inputs(batch, seed)

    def run(sv):
        return values_and_gradients(
            lambda x, w: sv.expectations(circuit, x, w, words), data, weights, seed
        )

    def memory(layout):
        return fresh(layout).fill_(torch.nan)

    def give_back(layout, arrays):
        for array in arrays:
            array.fill(torch.nan)
        keep(layout, arrays)

    fresh, keep, expected = (
        BufferLayout.memory,
        BufferLayout.give_back,
        run(device(executor="numba")),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BufferLayout, "memory", memory)
        patch.setattr(BufferLayout, "give_back", give_back)
        sv = device(executor="numba")
        for _ in range(2):
            assert_close(run(sv), expected, 1e-13)


def layered(n_wires, reupload=True):
    gates, weight = [], 0
    for layer in range(3):
        for wire in range(n_wires):
            if reupload or layer == 0:
                gates.append(Gate("RY", (wire,), Angle((Term("data", wire, 1.0),))))
            for name in ("RY", "RZ"):
                gates.append(Gate(name, (wire,), Angle((Term("weight", weight, 1.0),))))
                weight += 1
        gates += [Gate("CNOT", (wire, (wire + 1) % n_wires)) for wire in range(n_wires)]
    return Circuit(n_wires, tuple(gates), n_wires, weight)


@executors
@pytest.mark.parametrize("reupload", [False, True])
@pytest.mark.parametrize("readout", ["z+zz-all", "xyz+pairs"])
def test_nine_wires(reupload, readout, executor):
    circuit, words = layered(9, reupload), pauli_words(readout, 9)
    data, weights = inputs(2, 0, n_data=9, n_weights=54)
    sv = device(executor=executor)
    got = values_and_gradients(lambda x, w: sv.expectations(circuit, x, w, words), data, weights)
    expected = values_and_gradients(lambda x, w: reference(circuit, x, w, words), data, weights)
    assert_close(got, expected, 1e-10)


@executors
def test_rows_do_not_depend_on_the_batch_they_are_in(executor):
    circuit, words, sv = layered(4), pauli_words("xyz", 4), device(executor=executor)
    data, weights = inputs(17, 1, n_data=4, n_weights=24)
    whole = sv.expectations(circuit, data, weights, words)
    rows = [sv.expectations(circuit, row[None], weights, words) for row in data]
    torch.testing.assert_close(whole, torch.cat(rows), rtol=0, atol=1e-13)


def test_half_precision_is_computed_in_float32():
    circuit = layered(2)
    data, weights = inputs(3, 0, torch.bfloat16, 2, 12)
    values = device().expectations(circuit, data, weights, ["ZI", "XY"])
    exact = device().expectations(circuit, data.float(), weights.float(), ["ZI", "XY"])
    assert values.dtype == torch.bfloat16
    torch.testing.assert_close(values, exact.bfloat16())


def test_weights_may_be_more_precise_than_the_data():
    circuit = layered(2)
    data, _ = inputs(3, 0, torch.float32, 2)
    _, weights = inputs(3, 0, torch.float64, 2, 12)
    values = device().expectations(circuit, data, weights, ["ZI"])
    values.sum().backward()
    assert (values.dtype, data.grad.dtype, weights.grad.dtype) == (
        torch.float32, torch.float32, torch.float64,
    )  # fmt: skip


@executors
def test_one_device_serves_several_circuits(executor):
    sv, small, large = device(executor=executor), layered(2), layered(3)
    first = sv.expectations(small, *inputs(2, 0, n_data=2, n_weights=12), ["ZZ"])
    sv.expectations(large, *inputs(2, 0, n_data=3, n_weights=18), ["ZZZ"])
    again = sv.expectations(small, *inputs(2, 0, n_data=2, n_weights=12), ["ZZ"])
    assert torch.equal(first, again)


@executors
@pytest.mark.parametrize(("batch", "words"), [(0, ["ZZ", "XX"]), (3, []), (0, [])])
def test_nothing_asked_gives_an_empty_result(batch, words, executor):
    data, weights = inputs(batch, 0, torch.float32, 2, 12)
    values = device(executor=executor).expectations(layered(2), data, weights, words)
    assert values.shape == (batch, len(words))
    assert values.dtype == torch.float32
    gradients = torch.autograd.grad(values.sum(), (data, weights))
    assert [gradient.abs().sum() for gradient in gradients] == [0, 0]


@executors
def test_no_gates_leave_all_wires_down(executor):
    circuit, sv = Circuit(2, (), 0, 0), device(executor=executor)
    values = sv.expectations(circuit, torch.zeros(2, 0), torch.zeros(0), ["ZI", "XZ", "II"])
    assert values.tolist() == [[1, 0, 1], [1, 0, 1]]


@executors
@pytest.mark.parametrize(("of_data", "of_weights"), [(True, False), (False, True), (False, False)])
def test_only_the_gradients_that_are_asked_for(executor, of_data, of_weights):
    circuit, words, sv = layered(3), ["ZII", "XYZ"], device(executor=executor)
    whole = inputs(5, 0, n_data=3, n_weights=18)
    sv.expectations(circuit, *whole, words).sum().backward()
    data, weights = (
        part.detach().requires_grad_(of)
        for part, of in zip(whole, (of_data, of_weights), strict=True)
    )
    values = sv.expectations(circuit, data, weights, words)
    assert values.requires_grad == (of_data or of_weights)
    if values.requires_grad:
        values.sum().backward()
    for part, full, of in zip((data, weights), whole, (of_data, of_weights), strict=True):
        assert (part.grad is not None) == of
        if of:
            torch.testing.assert_close(part.grad, full.grad, rtol=0, atol=1e-12)


@executors
def test_a_graph_that_is_kept_gives_the_same_gradients_again(executor):
    data, weights = inputs(3, 0, n_data=3, n_weights=18)
    values = device(executor=executor).expectations(layered(3), data, weights, ["ZII", "XYZ"])
    first, again = (
        torch.autograd.grad(values.sum(), (data, weights), retain_graph=True) for _ in range(2)
    )
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


@executors
def test_threads_that_share_a_device_get_their_own_values(executor):
    circuit, words, sv = layered(6), pauli_words("xyz", 6), device(executor=executor)

    def run(seed):
        data, weights = inputs(40, seed, n_data=6, n_weights=36)
        values = sv.expectations(circuit, data, weights, words)
        return values.detach(), *torch.autograd.grad(values.square().sum(), (data, weights))

    alone = [run(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, list(range(8)) * 5))
    for number, found in enumerate(together):
        assert_close(found, alone[number % 8], 1e-13)


def test_angles_that_are_not_finite_are_refused():
    data, weights = torch.zeros(3, 2), torch.zeros(12)
    data[1, 0] = torch.nan
    with pytest.raises(QfusionError, match=r"data: 1 entries are NaN or infinite.*\[1, 0\]"):
        device().expectations(layered(2), data, weights, ["ZI"])
    with pytest.raises(QfusionError, match="weights: 12 entries"):
        device().expectations(layered(2), torch.zeros(3, 2), weights / 0, ["ZI"])


@executors
def test_finite_data_whose_angles_overflow_is_refused(executor):
    gate = Gate("RY", (0,), Angle((Term("data", 0, 100.0),)))
    with pytest.raises(QfusionError, match="angles: 1 entries are NaN or infinite"):
        device(executor=executor).expectations(
            Circuit(1, (gate,), 1, 0), torch.tensor([[1.0], [3e38]]), torch.zeros(0), ["Z"]
        )


@pytest.mark.parametrize(
    ("data", "weights", "words", "message"),
    [
        ((3, 5), (12,), ["ZI"], r"data: expected shape \[batch, 2\], got \[3, 5\]"),
        ((3, 2), (11,), ["ZI"], r"weights: expected shape \[12\], got \[11\]"),
        ((3, 2), (12,), ["ZZI"], "observables: 'ZZI' is not a Pauli word of 2 letters"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(data, weights, words, message):
    with pytest.raises(InputError, match=message):
        device().expectations(layered(2), torch.zeros(data), torch.zeros(weights), words)


@executors
def test_second_derivatives_are_refused_and_not_wrong(executor):
    data, weights = inputs(2, 0, n_data=2, n_weights=12)
    values = device(executor=executor).expectations(layered(2), data, weights, ["ZI"])
    with pytest.raises(QfusionError, match="statevector: no second derivatives"):
        torch.autograd.grad(values.sum(), weights, create_graph=True)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same_values_and_gradients():
    circuit, words = layered(5), pauli_words("xyz", 5)
    sv = device()

    def run(where):
        data, weights = (t.detach().to(where) for t in inputs(8, 0, n_data=5, n_weights=30))
        data.requires_grad_(), weights.requires_grad_()
        values = sv.expectations(circuit, data, weights, words)
        gradients = torch.autograd.grad(values.square().sum(), (data, weights))
        return [tensor.detach().cpu() for tensor in (values, *gradients)]

    assert_close(run("cuda"), run("cpu"), 1e-10)


@executors
def test_autocast_leaves_values_and_gradients_alone(executor):
    circuit, words, sv = layered(4), pauli_words("xyz", 4), device(executor=executor)

    def run(autocast):
        data, weights = inputs(5, 0, torch.float32, 4, 24)
        with torch.autocast("cpu", enabled=autocast):
            values = sv.expectations(circuit, data, weights, words)
            gradients = torch.autograd.grad(values.square().sum(), (data, weights))
        return values.detach(), *gradients

    for plain, cast in zip(run(False), run(True), strict=True):
        assert cast.dtype == torch.float32
        torch.testing.assert_close(cast, plain, rtol=0, atol=1e-6)


@executors
def test_what_was_first_used_in_inference_mode_can_be_trained(executor):
    circuit, words, sv = layered(3), ["ZZI"], device(executor=executor)
    data, weights = inputs(4, 0, n_data=3, n_weights=18)
    with torch.inference_mode():
        before = sv.expectations(circuit, data, weights, words)
        made = data * 1
    values = sv.expectations(circuit, made, weights, words)
    values.sum().backward()
    assert torch.equal(values.detach(), before.clone())
    assert weights.grad.abs().sum() > 0


@executors
def test_another_default_device_changes_nothing(executor):
    circuit, sv = layered(2), device(executor=executor)
    data, weights = inputs(3, 0, n_data=2, n_weights=12)
    with torch.device("meta"):
        values = sv.expectations(circuit, data, weights, ["ZI"])
        values.sum().backward()
    assert values.device.type == data.grad.device.type == "cpu"


@executors
def test_values_can_be_changed_in_place(executor):
    data, weights = inputs(3, 0, n_data=2, n_weights=12)
    device(executor=executor).expectations(layered(2), data, weights, ["ZI"]).mul_(
        2
    ).sum().backward()
    assert data.grad is not None


@executors
def test_the_way_back_is_gone_once_it_was_gone(executor):
    data, weights = inputs(3, 0, n_data=2, n_weights=12)
    loss = device(executor=executor).expectations(layered(2), data, weights, ["ZI"]).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0.0, 0.0]], torch.zeros(12), ["ZI"]), "data: expected a torch tensor, got list"),
        ((torch.zeros(1, 2), None, ["ZI"]), "weights: expected a torch tensor, got NoneType"),
        (
            (torch.zeros(1, 2), torch.zeros(12), "ZI"),
            "a sequence of words, got 'ZI' alone",
        ),
        ((torch.zeros(1, 2), torch.zeros(12), [qml.Z(0)]), "is not a Pauli word of 2 letters"),
    ],
)
def test_arguments_of_another_kind_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        device().expectations(layered(2), *arguments)
