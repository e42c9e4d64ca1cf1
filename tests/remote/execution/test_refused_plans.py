"""What is refused leaves nothing behind: the next start is a first one."""

import pytest
import torch

from qfusion_core import BudgetError, InputError, Measurement
from qfusion_core.remote.money.budget import Budget
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS


@pytest.fixture
def loop(connect, tmp_path):
    """Steps with a gradient, three jobs forward and six back, in one folder."""

    def _loop(steps=2, approve=True, budget=None, **options):
        with Measurement(
            tmp_path / "run", "training", steps=steps, approve=approve, **options
        ) as measurement:
            device, weights = connect(measurement, budget), WEIGHTS.clone().requires_grad_()
            for _ in range(steps or 2):
                values = device.expectations(CIRCUIT, DATA, weights, WORDS)
                (slopes,) = torch.autograd.grad(values.sum(), weights)
        return values.detach(), slopes

    return _loop


def refuse_by_budget(loop, **options):
    with pytest.raises(BudgetError, match=r"the plan needs up to"):
        loop(budget=Budget(max_jobs=2), **options)


def refuse_by_word(loop, **options):
    with pytest.raises(InputError, match=r"queue costs money .*nothing of it was sent"):
        loop(approve=lambda price: False, **options)


@pytest.mark.parametrize("steps", [2, None])
@pytest.mark.parametrize("refuse", [refuse_by_budget, refuse_by_word])
def test_nothing_is_left_of_what_is_refused(refuse, steps, loop, machine, journal, tmp_path):
    for _ in range(2):
        refuse(loop, steps=steps)
    assert not machine.jobs
    assert journal.measurements() == []
    asked = []
    loop(steps, lambda price: asked.append(price.tasks) or True)
    assert asked == ([18] if steps else [3, 6, 3, 6])  # whole, as nothing was begun
    assert [row["state"] for row in journal.measurements()] == ["finished"]


@pytest.mark.parametrize("refuse", [refuse_by_budget, refuse_by_word])
def test_so_it_is_with_a_single_call(refuse, connect, forward, journal, tmp_path):
    def call(**options):
        budget = options.pop("budget", None)
        forward(connect(Measurement(tmp_path / "run", **options), budget))

    for _ in range(2):
        refuse(call)
    assert journal.measurements() == []


@pytest.mark.parametrize("refuse", [refuse_by_budget, refuse_by_word])
def test_what_was_measured_stays_the_one_that_is_gone_on_with(refuse, loop, machine, journal):
    first = loop()
    refuse(loop, again=True)
    (row,) = journal.measurements()
    assert row["state"] == "finished"
    again = loop(approve=False)  # nothing is asked for
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert len(machine.jobs) == 18


def test_what_is_refused_in_the_middle_is_gone_on_with(loop, machine, journal):
    answers = iter([True, True, False])
    with pytest.raises(InputError, match="queue costs money"):
        loop(None, lambda price: next(answers))
    assert [row["state"] for row in journal.measurements()] == ["open"]
    loop(None)
    assert len(machine.jobs) == 18
    assert len(journal.measurements()) == 1


def test_no_one_is_asked_for_what_no_budget_allows(loop):
    asked = []
    with pytest.raises(BudgetError):
        loop(None, asked.append, Budget(max_jobs=2))
    assert not asked
