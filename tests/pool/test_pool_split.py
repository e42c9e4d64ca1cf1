"""How rows are shared: laws over whatever hypothesis thinks of."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import event, given
from hypothesis import strategies as st

from qfusion_core import Finding
from qfusion_core.errors import InputError
from qfusion_core.pool.apportion import apportion, largest, merge, ranges, share_out
from qfusion_core.pool.device import Pool
from qfusion_core.pool.options import PoolOptions
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.budget import Budget, require_budget
from qfusion_core.remote.money.price import Price
from qfusion_core.remote.planning.plan import require_cover
from qfusion_queue import Queue
from support.keys import QUEUE as SECRET
from support.remote_circuit import CIRCUIT, WEIGHTS, WORDS

NAMES = "abcd"
weights = st.lists(
    st.floats(0, 1e300) | st.integers(0, 5), min_size=1, max_size=4
).map(lambda each: dict(zip(NAMES, each, strict=False)))  # fmt: skip


@given(st.integers(0, 1000), weights)
def test_shares_are_whole_proportional_and_complete(rows, weights):
    shares = apportion(rows, weights)
    assert sum(shares.values()) == rows
    total = sum(weight / max(weights.values()) for weight in weights.values() if weight)
    for name, weight in weights.items():
        if total:
            wanted = rows * (weight / max(weights.values())) / total
            assert math.floor(wanted - 1e-6) <= shares[name] <= math.ceil(wanted + 1e-6)
        else:
            assert abs(shares[name] - rows / len(weights)) < 1


@given(st.integers(0, 200), weights, st.lists(st.integers(0, 200), min_size=4, max_size=4))
def test_what_one_cannot_take_the_others_get(rows, weights, limits):
    limits = dict(zip(NAMES, limits, strict=True))
    given = share_out(rows, weights, lambda name, some: min(some, limits[name]))
    assert list(given) == list(weights)
    assert all(0 <= given[name] <= limits[name] for name in given)
    assert sum(given.values()) == min(rows, sum(limits[name] for name in given))
    if given == apportion(rows, weights):
        return
    # who has less than his share is full; a reserve of weight 0 waits until the others are
    fair = apportion(rows, weights)
    assert all(given[name] == limits[name] for name in given if given[name] < fair[name])
    reserve = sum(given[name] for name, weight in weights.items() if weight == 0)
    if reserve and any(weights.values()):
        assert all(given[name] == limits[name] for name, weight in weights.items() if weight)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_most_that_fits(rows, limit):
    assert largest(rows, lambda some: some <= limit) == min(rows, limit)


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([(0,), (1, 2)])), unique=True))
def test_merged_regions_are_the_same_regions_in_fewest_pieces(cells):
    merged = merge([((row, row + 1), columns) for row, columns in cells])
    spread = [(row, columns) for (first, end), columns in merged for row in range(first, end)]
    assert sorted(spread) == sorted(cells)
    for columns in ((0,), (1, 2)):
        rows = [row for row, of in cells if of == columns]
        assert len([1 for _, of in merged if of == columns]) == len(ranges(rows))


class Unasked(Queue):
    """Nobody is asked how long its queue is: it was told."""

    waiting = None

    def preflight(self):
        return [Finding("machine", "ok", "", self.waiting)]


class Unpriced(Unasked):
    """Tells no price in dollars."""

    def price(self, job):
        return replace(super().price(job), usd=None)


def pool(folder, share, *members, kinds=(Unasked, Unasked, Unasked)):
    """A pool of (rows of a job, budget) each, on machines that are not asked."""
    measurement = Measurement(folder, "law")
    devices = {}
    for name, (rows, budget), kind in zip(NAMES, members, kinds, strict=False):
        device = kind(kind.Options(rows_per_job=rows), kind.Credentials(token=SECRET))
        device.bound = Binding(name, budget, measurement)
        devices[name] = device
    options = PoolOptions(backends=tuple(devices), share=share)
    return Pool(options, devices, {}, ("digest",), Binding("both", None, measurement))


budgets = st.builds(
    Budget, max_jobs=st.integers(1, 20), max_shots=st.none() | st.integers(1, 60_000),
    max_usd=st.none() | st.floats(0.1, 60),
)  # fmt: skip
members = st.lists(st.tuples(st.integers(1, 9), budgets), min_size=1, max_size=3)


shares = st.sampled_from(["even", "queue", "price"])


def call_of(rows):
    return Call.of(CIRCUIT, CIRCUIT.angles(torch.rand(rows, 2).double(), WEIGHTS), WORDS)


def require_plan(fleet, call, plan):
    """Each value once, in order, within each budget; the rows of each member."""
    require_cover("pool", call, [each.job for each in plan])
    assert [each.position for each in plan] == list(range(len(plan)))
    given = dict.fromkeys(fleet.members, 0)
    for name, device in fleet.members.items():
        ours = [each for each in plan if each.backend == name]
        given[name] = sum(each.job.shape[0] for each in ours)
        prices = Price.total(each.price for each in ours)
        require_budget(name, device.bound.budget, fleet_spent(device), prices)
    return given


@given(st.integers(1, 40), members, shares)
def test_a_plan_covers_every_value_once_within_every_budget(tmp_path_factory, rows, members, share):
    fleet = pool(tmp_path_factory.getbasetemp(), share, *members)
    call = call_of(rows)
    try:
        plan = fleet.assign(call)
    except BudgetError as error:
        event("refused")
        taken = int(str(error).split("the budgets take ")[1].split()[0])
        assert taken < rows
        if taken:  # and so many would do
            fewer = call_of(taken)
            require_plan(fleet, fewer, fleet.assign(fewer))
    else:
        event("planned")
        require_plan(fleet, call, plan)


@given(
    st.integers(1, 40),
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.builds(
        # a row takes 2,000 shots, at most 2.2 USD and a job's 0.3
        Budget, max_jobs=st.integers(40, 99), max_shots=st.none() | st.integers(80_000, 99_000),
        max_usd=st.none() | st.floats(100, 200),
    ),
)  # fmt: skip
def test_where_each_could_take_all_an_even_share_is_one(tmp_path_factory, rows, sizes, plenty):
    fleet = pool(tmp_path_factory.getbasetemp(), "even", *((size, plenty) for size in sizes))
    call = call_of(rows)
    given = require_plan(fleet, call, fleet.assign(call))
    assert given == apportion(rows, dict.fromkeys(fleet.members, 1.0))


@given(
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), min_size=1, max_size=3),
    shares,
)
def test_what_no_budget_takes_is_refused_with_what_they_take(tmp_path_factory, more, sizes, share):
    most = sum(size * jobs for size, jobs in sizes)
    tight = ((size, Budget(max_jobs=jobs)) for size, jobs in sizes)
    fleet = pool(tmp_path_factory.getbasetemp(), share, *tight)
    with pytest.raises(BudgetError) as refused:
        fleet.assign(call_of(most + more))
    assert refused.value.exit_code == 3
    assert f"the budgets take {most} of {most + more} row(s)" in str(refused.value)
    whole = call_of(most)
    given = require_plan(fleet, whole, fleet.assign(whole))
    assert list(given.values()) == [size * jobs for size, jobs in sizes]


def fleet_spent(device):
    return device.bound.measurement.journal.spent(device.bound.backend)


def test_rows_by_weight_price_and_queue(tmp_path):
    call = Call.of(CIRCUIT, torch.zeros(12, CIRCUIT.n_angles), WORDS)
    plenty = Budget(max_jobs=100)

    def rows(fleet):
        found = {}
        for each in fleet.assign(call):
            found[each.backend] = found.get(each.backend, 0) + each.job.shape[0]
        return found

    assert rows(pool(tmp_path, {"a": 3, "b": 1}, (9, plenty), (9, plenty))) == {"a": 9, "b": 3}
    assert rows(pool(tmp_path, {"a": 1, "b": 0}, (9, plenty), (9, plenty))) == {"a": 12}
    reserve = pool(tmp_path, {"a": 1, "b": 0}, (2, Budget(max_jobs=3)), (9, plenty))
    assert rows(reserve) == {"a": 6, "b": 6}
    # all 12 rows cost 27.6 USD in 12 jobs of 0.3, and 24.6 in 2
    by_price = rows(pool(tmp_path, "price", (1, plenty), (6, plenty)))
    costs = {"a": 12 * 0.3 + 24, "b": 2 * 0.3 + 24}
    assert by_price == apportion(12, {name: 1 / cost for name, cost in costs.items()})
    queued = pool(tmp_path, "queue", (9, plenty), (9, plenty), (9, plenty))
    lengths = {"a": 0, "b": 5, "c": None}
    for name, device in queued.members.items():
        device.waiting = lengths[name]
    assert rows(queued) == apportion(12, {"a": 1, "b": 1 / 6, "c": 1 / 6})


def test_a_price_that_is_not_known_cannot_be_compared(tmp_path):
    some = 9, Budget(max_jobs=9)
    fleet = pool(tmp_path, "price", some, some, kinds=(Unasked, Unpriced))
    with pytest.raises(InputError, match=r"^b: no price in USD is known, so rows cannot be shared"):
        fleet.assign(Call.of(CIRCUIT, torch.zeros(2, CIRCUIT.n_angles), WORDS))
