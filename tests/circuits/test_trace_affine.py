"""Random functions of data and weights: affine ones have the Jacobian that autograd gives in full,
and are seen row by row as they are seen at once; others are refused."""

import pennylane as qml
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qfusion_core import Circuit, InputError
from qfusion_core.circuits.tracing.agreement import AffineAngles
from qfusion_core.circuits.tracing.recorded_point import RecordedPoint

N_DATA, SHAPE = 4, (2, 3)
SIZE = {"n_wires": 2, "n_data": N_DATA, "weights_shape": SHAPE}
NUMBERS = st.sampled_from([1.0, -1.0, 0.5, 2.0, 1 / 3, -7.25, 1e-4, 300.0])


def ones(*shape):
    return torch.ones(*shape, dtype=torch.float64)


def written_into(a, b):
    """A buffer with entries of both, and one of neither."""
    buffer = a.new_zeros(3)
    buffer[0] = a.flatten()[0]
    buffer[1:2] = b.flatten()[-1:]
    return buffer + 0.25


# of one tensor, a number and a position
ONE = {
    "entry": lambda a, x, k: a.flatten()[k % a.numel()],
    "row": lambda a, x, k: a[k % len(a)] if a.ndim else a,
    "slice": lambda a, x, k: a.flatten()[k % a.numel() :],
    "every other": lambda a, x, k: a.flatten()[::2],
    "reshape": lambda a, x, k: a.reshape(-1, 1),
    "turned": lambda a, x, k: a.reshape(1, -1).T.flip(0),
    "indexed": lambda a, x, k: a.flatten()[[k % a.numel(), 0]],
    "taken": lambda a, x, k: torch.take(a, torch.tensor([k % a.numel()])),
    "repeated": lambda a, x, k: a.flatten().repeat(2),
    "expanded": lambda a, x, k: a.flatten().expand(2, a.numel())[1],
    "unbound": lambda a, x, k: a.flatten().unbind()[k % a.numel()],
    "copied": lambda a, x, k: a.clone(),
    "scaled": lambda a, x, k: x * a,
    "divided": lambda a, x, k: a / x,
    "negative": lambda a, x, k: -a,
    "shifted": lambda a, x, k: a + x,
    "taken from": lambda a, x, k: x - a,
    "sum": lambda a, x, k: a.sum(),
    "mean": lambda a, x, k: a.mean(),
    "running sum": lambda a, x, k: a.flatten().cumsum(0),
    "matrix": lambda a, x, k: (x * ones(2, a.numel())) @ a.flatten(),
    "complex": lambda a, x, k: (a * (1 + 2j)).imag,
}
# of two tensors
TWO = {
    "joined": lambda a, b, x: torch.cat([a.flatten(), b.flatten()]),
    "stacked": lambda a, b, x: torch.stack([a.flatten()[0], b.flatten()[-1]]),
    "added": lambda a, b, x: a.flatten()[:1] + x * b.flatten(),
    "subtracted": lambda a, b, x: a.flatten() - b.sum(),
    "written": lambda a, b, x: written_into(a, b),
    "chosen": lambda a, b, x: torch.where(torch.tensor(True), a.flatten()[:1], b.flatten()[:1]),
}
CURVED = {
    "sine": lambda a, b, x: torch.sin(a),
    "square": lambda a, b, x: a.flatten()[0] ** 2,
    "product": lambda a, b, x: a.flatten()[0] * b.flatten()[-1],
    "quotient": lambda a, b, x: a.flatten()[0] / b.flatten()[-1],
    "rectified": lambda a, b, x: torch.relu(a),
    "size": lambda a, b, x: abs(a),
    "remainder": lambda a, b, x: a % 6.28,
    "clamped": lambda a, b, x: a.clamp(-1e5, 1e5),
    "greatest": lambda a, b, x: a.max(),
    "sorted": lambda a, b, x: a.flatten().sort().values,
    "rounded": lambda a, b, x: torch.round(a),
    "single precision": lambda a, b, x: a.float(),
    "masked": lambda a, b, x: b.flatten()[-1] * (a.flatten()[0] > 1e6),
    "a branch in torch": lambda a, b, x: torch.where(a > 0, a, 2 * a),
    "without a gradient": lambda a, b, x: a.detach() + b.flatten()[0],
    "a number": lambda a, b, x: a.flatten()[0].item() * b,
}


@st.composite
def programs(draw):
    """Steps, each of tensors that are there already, and which entries become angles."""
    place = st.integers(0, 12)
    steps = draw(
        st.lists(
            st.one_of(
                st.tuples(st.just(ONE), st.sampled_from(list(ONE)), place, NUMBERS, place),
                st.tuples(st.just(TWO), st.sampled_from(list(TWO)), place, NUMBERS, place),
            ),
            max_size=10,
        )
    )
    gates = draw(st.lists(st.tuples(place, place), min_size=1, max_size=8))
    return steps, gates


def tensors_of(program, data, weights):
    """All tensors that a program makes, data and weights first."""
    made = [data, weights]
    for table, name, first, number, second in program[0]:
        a, b = made[first % len(made)], made[second % len(made)]
        make = table[name]
        made.append(make(a, number, second) if table is ONE else make(a, b, number))
    return made


def run(program, data, weights, spoil=lambda made: None):
    """Queue a program; `spoil` makes one angle more of its tensors."""
    made = tensors_of(program, data, weights)
    extra = spoil(made)
    for which, entry in program[1]:
        tensor = made[which % len(made)]
        qml.RX(tensor.flatten()[entry % tensor.numel()], wires=0)
    if extra is not None:
        qml.RY(extra.flatten()[0], wires=1)


def traced(program):
    return Circuit.trace(lambda data, weights: run(program, data, weights), **SIZE)


def angles_of(program, data, weights):
    tape = qml.tape.make_qscript(run)(program, data, weights)
    return torch.stack([op.parameters[0] for op in tape.operations])


@given(program=programs(), seed=st.integers(0, 2**16))
@settings(max_examples=80, deadline=None)
def test_an_affine_function_has_the_jacobian_of_autograd(program, seed):
    generator = torch.Generator().manual_seed(seed)
    circuit = traced(program)
    by_data, by_weights, offset = circuit.affine
    for scale in (1.0, 20.0):
        data = scale * torch.randn(N_DATA, generator=generator, dtype=torch.float64)
        weights = scale * torch.randn(SHAPE, generator=generator, dtype=torch.float64)
        full = torch.autograd.functional.jacobian(
            lambda d, w: angles_of(program, d, w), (data, weights)
        )
        size = 1 + full[0].abs().sum() + full[1].abs().sum()
        values = angles_of(program, data, weights)
        found = by_data @ data + by_weights @ weights.flatten() + offset
        for ours, theirs in ((by_data, full[0]), (by_weights, full[1].flatten(1))):
            assert torch.allclose(ours, theirs, rtol=1e-9, atol=float(1e-12 * size))
        assert torch.allclose(found, values, rtol=0, atol=float(1e-11 * scale * size))


@given(program=programs())
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_all_at_once_gives_what_row_by_row_gives(program):
    at_once = traced(program)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RecordedPoint, "rows", RecordedPoint.each_row)
        patched.setattr(AffineAngles, "hold_at", lambda self, point: False)
        row_by_row = traced(program)
    assert at_once == row_by_row
    assert at_once.digest() == row_by_row.digest()


@given(
    program=programs(),
    name=st.sampled_from(list(CURVED)),
    places=st.tuples(st.integers(0, 12), st.integers(0, 12)),
)
@settings(max_examples=60, deadline=None)
def test_a_function_with_one_step_that_is_not_affine_is_refused(program, name, places):
    def spoil(made):
        # data and weights are always among them: a constant would be no fault
        a, b = made[places[0] % 2], made[places[1] % 2]
        return CURVED[name](a, b, 1.0)

    with pytest.raises(InputError) as caught:
        Circuit.trace(lambda d, w: run(program, d, w, spoil), **SIZE)
    assert "\n" not in str(caught.value)
