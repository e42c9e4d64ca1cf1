"""How rows are shared: laws over whatever hypothesis thinks of."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qfusion_core import Finding
from qfusion_core.errors import InputError
from qfusion_core.pool.apportion import apportion, largest, merge, ranges, share_out
from qfusion_core.pool.device import Pool
from qfusion_core.pool.options import PoolOptions
from qfusion_core.remote.binding import Binding
from qfusion_core.remote.budget import Budget, require_budget
from qfusion_core.remote.errors import BudgetError
from qfusion_core.remote.job import Call
from qfusion_core.remote.measurement import Measurement
from qfusion_core.remote.planning import require_cover
from qfusion_core.remote.price import Price
from qfusion_queue import Queue

from .conftest import CIRCUIT, SECRET, WEIGHTS, WORDS

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


def pool(folder, share, *members):
    """A pool of (rows of a job, budget) each, on machines that are not asked."""
    measurement = Measurement(folder, "law")
    devices = {}
    for name, (rows, budget) in zip(NAMES, members, strict=False):
        device = Queue(Queue.Options(rows_per_job=rows), Queue.Credentials(token=SECRET))
        device.preflight = list
        device.bound = Binding(name, budget, measurement)
        devices[name] = device
    options = PoolOptions(backends=tuple(devices), share=share)
    return Pool(options, devices, {}, ("digest",), Binding("both", None, measurement))


budgets = st.builds(
    Budget, max_jobs=st.integers(1, 20), max_shots=st.none() | st.integers(1, 60_000),
    max_usd=st.none() | st.floats(0.1, 60),
)  # fmt: skip
members = st.lists(st.tuples(st.integers(1, 9), budgets), min_size=1, max_size=3)


@given(st.integers(1, 40), members, st.sampled_from(["even", "queue", "price"]))
def test_a_plan_covers_every_value_once_within_every_budget(tmp_path_factory, rows, members, share):
    fleet = pool(tmp_path_factory.getbasetemp(), share, *members)
    angles = CIRCUIT.angles(torch.rand(rows, 2).double(), WEIGHTS)
    call = Call.of(CIRCUIT, angles, WORDS)
    try:
        plan = fleet.assign(call)
    except BudgetError as error:
        assert error.exit_code == 3
        taken = int(str(error).split("the budgets take ")[1].split()[0])
        assert taken < rows  # and so many would do, but for those that cannot be priced
        if taken:
            fleet.assign(Call.of(CIRCUIT, angles[:taken], WORDS))
        return
    require_cover("pool", call, [each.job for each in plan])
    assert [each.position for each in plan] == list(range(len(plan)))
    for name, device in fleet.members.items():
        prices = [each.price for each in plan if each.backend == name]
        require_budget(name, device.bound.budget, fleet_spent(device), Price.total(prices))
    if share == "even":
        fair = apportion(rows, dict.fromkeys(fleet.members, 1.0))
        shares = {name: 0 for name in fair}
        for each in plan:
            shares[each.backend] += each.job.shape[0]
        if all(shares[name] <= fair[name] for name in fair):
            assert shares == fair


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
        told = lengths[name]
        device.preflight = lambda told=told: [Finding("machine", "ok", "", told)]
    assert rows(queued) == apportion(12, {"a": 1, "b": 1 / 6, "c": 1 / 6})


def test_a_price_that_is_not_known_cannot_be_compared(tmp_path):
    fleet = pool(tmp_path, "price", (9, Budget(max_jobs=9)), (9, Budget(max_jobs=9)))
    fleet.members["b"].price = lambda job: Price(1, 1)
    with pytest.raises(InputError, match=r"^b: no price in USD is known, so rows cannot be shared"):
        fleet.assign(Call.of(CIRCUIT, torch.zeros(2, CIRCUIT.n_angles), WORDS))
