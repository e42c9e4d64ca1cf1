"""Laws of plans, prices and budgets, over whatever hypothesis thinks of."""

import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_core import (
    BudgetError,
    Circuit,
    Gate,
    InputError,
    Price,
    PriceSource,
    QfusionError,
    Range,
    tiles,
)
from qfusion_core.circuits.gates import Angle, Term
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import CallId, PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.budget import Budget, Spending, require_budget
from qfusion_core.remote.planning.plan import require_cover

TURN = Circuit(1, (Gate("RY", (0,), Angle((Term("data", 0, 1.0),))),), 1, 0)
WORDS = ("Z", "X", "Y", "I")


def partitions(words):
    """Groups in which each position stands once."""
    numbers = st.lists(st.integers(0, 3), min_size=words, max_size=words)
    return numbers.map(
        lambda group: [[i for i, g in enumerate(group) if g == each] for each in sorted(set(group))]
    )


@given(st.integers(0, 50), st.integers(1, 4).flatmap(partitions), st.none() | st.integers(1, 60))
def test_tiles_cover_every_value_once_within_their_size(rows, groups, size):
    words = WORDS[: sum(map(len, groups))]
    angles = torch.arange(rows, dtype=torch.float64)[:, None]
    jobs = tiles(TURN, angles, words, rows=size, groups=groups)
    require_cover("any", Call(TURN, angles, words), jobs)
    values = torch.full((rows, len(words)), torch.nan).double()
    for job in jobs:
        assert size is None or job.shape[0] <= size
        assert job.shape == (len(job.angles), len(job.observables))
        values[slice(*job.rows), list(job.columns)] = job.angles.expand(job.shape)
    assert torch.equal(values, angles.expand_as(values))  # each job has the angles of its rows
    assert len(jobs) == len(groups) * -(-rows // (size or max(rows, 1)))  # and no job is idle


def test_a_plan_that_leaves_out_or_repeats_is_refused():
    angles = torch.zeros(3, 1).double()
    call, jobs = Call(TURN, angles, ("Z", "X")), tiles(TURN, angles, ("Z", "X"), rows=1)
    with pytest.raises(QfusionError, match=r"covers row 2, observable 'Z' 0 times, expected once"):
        require_cover("toy", call, jobs[:2])
    with pytest.raises(QfusionError, match=r"device 'toy': its plan covers row 0, .* 2 times"):
        require_cover("toy", call, [*jobs, jobs[0]])


def test_a_job_without_rows_is_refused():
    with pytest.raises(InputError, match="rows of a job: expected at least 1, got 0"):
        tiles(TURN, torch.zeros(3, 1), ("Z",), rows=0)


amounts = st.floats(0, 100).map(lambda low: round(low, 3))
ranges = st.tuples(amounts, amounts).map(lambda pair: Range(*sorted(pair)))
prices = st.builds(
    Price,
    st.integers(1, 50), st.integers(0, 5000), st.integers(1, 3),
    st.none() | ranges, st.none() | ranges,
)  # fmt: skip
budgets = st.fixed_dictionaries(
    {},
    optional={
        "max_usd": st.floats(1, 300), "max_qpu_seconds": st.floats(1, 300),
        "max_jobs": st.integers(1, 10), "max_shots": st.integers(1, 20000),
        "max_executions": st.integers(1, 200),
    },
).map(lambda limits: Budget(**limits))  # fmt: skip


@settings(max_examples=30)
@given(budgets, st.lists(st.lists(prices, min_size=1, max_size=3), min_size=1, max_size=5))
def test_a_budget_is_never_exceeded_and_never_refuses_what_fits(budget, plans):
    angles = torch.zeros(1, 1).double()
    call, (job,) = Call(TURN, angles, ("Z",)), tiles(TURN, angles, ("Z",))
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        measurement = journal.open(MeasurementIdentity("law", "", "paid", "toy", ""), again=False)
        for number, plan in enumerate(plans):
            before, total = journal.spent("paid"), Price.total(plan)
            needs = {
                "max_usd": (before.usd, total.usd and total.usd.high),
                "max_qpu_seconds": (
                    before.qpu_seconds,
                    total.qpu_seconds and total.qpu_seconds.high,
                ),
                "max_jobs": (before.jobs, total.tasks),
                "max_shots": (before.shots, total.shots),
                "max_executions": (before.executions, total.executions),
            }
            fits = all(
                need is not None and spent + need <= getattr(budget, limit) + 1e-9
                for limit, (spent, need) in needs.items()
                if getattr(budget, limit) is not None
            )
            intents = [PlannedJob(n, job, price, "paid") for n, price in enumerate(plan)]
            at = CallId(measurement, number)
            if fits:
                journal.write(at, call, intents, {"paid": budget})
                assert journal.spent("paid").jobs == before.jobs + total.tasks
            else:
                with pytest.raises(BudgetError):
                    journal.write(at, call, intents, {"paid": budget})
                assert journal.spent("paid") == before  # nothing of it is reserved
                assert journal.call(at) is None
        assert journal.spent("another") == Spending()


@given(st.lists(prices, max_size=5))
def test_the_total_of_prices(parts):
    total = Price.total(parts)
    assert total.executions == sum(price.executions for price in parts)
    assert total.tasks == sum(price.tasks for price in parts)
    if any(price.usd is None for price in parts):
        assert total.usd is None
    else:
        assert total.usd.low <= total.usd.high
        assert total.usd.high == pytest.approx(sum(price.usd.high for price in parts))


def test_a_price_is_a_range_with_its_sources_and_never_called_exact():
    old, new = PriceSource("old list", "2024-01-01"), PriceSource("new list", "2026-10-01")
    first = Price(3, 300, 1, Range(1, 2), Range(0.5, 0.75), (old,))
    total = first + Price(1, 100, 1, Range(0, 0), Range(1, 1), (new,)) + first
    assert str(total) == (
        "about 2.00 to 2.50 USD, about 2.00 to 4.00 s of QPU time; 3 jobs, 7 executions, 700 "
        "shots; old list (2024-01-01); new list (2026-10-01)"
    )
    assert str(Price(1, 5)) == ("no price known, an unknown QPU time; 1 job, 1 executions, 5 shots")
    assert str(Price(1, 5, usd=Range(3, 3))).startswith("about 3.00 USD, ")


def test_what_a_budget_says():
    with pytest.raises(BudgetError) as refused:
        require_budget("q", Budget(max_usd=5), Spending(usd=4.5), Price(1, 1, usd=Range(0.4, 0.75)))
    assert str(refused.value) == (
        "q: the plan needs up to 0.75 USD, but of max_usd 5 only 0.5 are left in this run; nothing "
        "was sent; use fewer rows or shots, or raise max_usd in backends.yaml"
    )
    with pytest.raises(BudgetError) as refused:
        require_budget("q", Budget(max_usd=5), Spending(), Price(1, 1))
    assert str(refused.value) == (
        "q: budget max_usd 5 cannot be checked: no price is known; nothing was sent; give the "
        "price in prices.yaml, or set another limit"
    )
    assert refused.value.exit_code == 3
