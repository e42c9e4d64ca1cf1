"""Nothing is spent that this process was not allowed to spend, whoever planned it."""

import numpy as np
import pytest
import torch

from qfusion_core import InputError, Measurement, Price, Range, Result
from qfusion_core.remote.errors import BudgetError, RemoteError
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.sqlite.totals import total_of
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.budget import Budget
from qfusion_queue import Queue
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS


def refuse(price):
    """Approves nothing, and is no None."""
    return False


@pytest.fixture
def left_behind(connect, tmp_path):
    """Another process has written three intents into the run, and says that they are for free."""

    def _left_behind(run=None, price=None):
        with Measurement(run or tmp_path / "run", "evaluate") as measurement:
            device = connect(measurement)
            call = Call.of(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
            about = MeasurementIdentity(
                "evaluate", "", "queue", device.name, device.values_digest()
            )
            at = measurement.at(about, call, device.values_digests())
            plan = device.assign(call)
            if price is not None:
                plan = [each._replace(price=price) for each in plan]
            measurement.journal.write(at, call, plan, {"queue": Budget(max_jobs=1000)})
        return at.measurement

    return _left_behind


def test_a_paid_backend_is_not_used_before_somebody_agrees(connect, forward, machine, tmp_path):
    measurement = Measurement(tmp_path / "run", "evaluate", approve=refuse)
    with pytest.raises(InputError) as refused:
        forward(connect(measurement))
    measurement.approval.approve = None
    with pytest.raises(InputError, match="queue costs money") as again:
        measurement.approval.approve = False
        forward(connect(measurement))
    said = str(refused.value)
    assert said == str(again.value)
    assert said.startswith("queue costs money (about ")
    assert "nothing of it was sent (in Python: approve=True); add --yes to agree" in said
    assert not machine.jobs


@pytest.mark.parametrize("answer", [None, False, 0, 1, "no", "yes", float("nan"), [False]])
def test_whoever_does_not_say_yes_has_said_no(connect, forward, machine, answer):
    with pytest.raises(InputError, match="costs money"):
        forward(connect(Measurement(verb="evaluate", approve=lambda price: answer)))
    assert not machine.jobs


def test_the_price_is_what_is_agreed_to(connect, forward, machine, tmp_path):
    prices, shown = [], []
    measurement = Measurement(
        tmp_path / "run",
        "evaluate",
        approve=lambda price: prices.append(price) or True,
        on_price=lambda backend, price: shown.append((backend, price)),
    )
    forward(connect(measurement))
    (price,) = prices
    assert isinstance(price, Price)
    assert price.tasks == len(machine.jobs) == 3
    assert shown == [("queue", price)]


def test_intents_of_another_process_are_priced_and_asked_for(
    connect, forward, machine, tmp_path, left_behind
):
    left_behind(price=Price(0, 0, 0, Range(0, 0), Range(0, 0)))
    measurement = Measurement(tmp_path / "run", "evaluate", approve=False)
    with pytest.raises(InputError) as refused:
        forward(connect(measurement))
    said = str(refused.value)
    assert "queue costs money (about " in said and "3 jobs, " in said
    assert "`qfusion jobs resume " in said and "` and then `qfusion jobs forget " in said
    assert "no job is lost" in said
    assert not machine.jobs
    asked = []
    measurement = Measurement(tmp_path / "run", "evaluate", approve=asked.append)
    measurement.approval.approve = lambda price: asked.append(price) or True
    forward(connect(measurement))
    assert [price.tasks for price in asked] == [3]
    assert len(machine.jobs) == 3


def test_intents_of_another_process_pass_the_budget_of_now(
    connect, forward, machine, tmp_path, left_behind
):
    """At the price of now, whatever the journal says; their own reservation is not counted."""
    left_behind(price=Price(0, 0, 0, Range(0, 0), Range(0, 0)))
    budget = Budget(max_usd=0.01)
    with pytest.raises(BudgetError, match=r"of max_usd 0.01 only 0.01 are left .*no job is lost"):
        forward(connect(Measurement(tmp_path / "run", "evaluate"), budget))
    assert not machine.jobs
    forward(connect(Measurement(tmp_path / "run", "evaluate"), Budget(max_jobs=3)))
    assert len(machine.jobs) == 3


def test_a_reservation_is_raised_to_the_price_of_now(
    connect, forward, journal, tmp_path, left_behind
):
    left_behind(price=Price(0, 0, 0, Range(0, 0), Range(0, 0)))
    assert journal.spent("queue").usd == 0
    forward(connect(Measurement(tmp_path / "run", "evaluate")))
    assert journal.spent("queue").jobs == 3
    assert journal.spent("queue").usd > 0


def test_intents_that_cost_neither_dollars_nor_seconds_are_asked_for_too(
    connect, forward, machine, tmp_path, left_behind, monkeypatch
):
    """A machine that takes shots from a quota is paid, too."""
    left_behind()
    price = Price(3, 3000, 1, Range(0, 0), Range(0, 0))
    monkeypatch.setattr(Queue, "price", lambda device, job: price)
    with pytest.raises(InputError, match="queue costs money"):
        forward(connect(Measurement(tmp_path / "run", "evaluate", approve=refuse)))
    assert not machine.jobs


def test_what_another_process_sends_meanwhile_is_not_counted_at_its_price_of_before(
    connect, journal, tmp_path, left_behind
):
    left_behind()
    first, *rest = journal.jobs.all()
    prices = {entry.key: Price(1, 1, 1, None, Range(0, 0.01)) for entry in (first, *rest)}
    journal.jobs.submitted(first.key, "job-0")
    journal.jobs.done(first.key, Result(torch.zeros(1, 3).double(), usd=7.5))
    journal.jobs.reprice("queue", prices, Budget(max_jobs=1000))
    assert total_of("queue").usd == journal.spent("queue").usd == pytest.approx(7.52)


@pytest.mark.parametrize(
    "amount", [(float("nan"), 1), (-1, 1), (2, 1), (0, float("inf")), ("1", 2)]
)
def test_what_is_no_amount_is_no_price(amount):
    from qfusion_core import QfusionError

    with pytest.raises(QfusionError, match="expected amounts 0 <= low <= high, finite"):
        Range(*amount)


@pytest.mark.parametrize("count", [-1, 2**60, float("nan")])
def test_a_count_that_no_budget_can_be_held_against_is_refused(count):
    from qfusion_core import QfusionError

    with pytest.raises(QfusionError, match=r"a price of .* shots: expected 0 to 2\^53"):
        Price(1, count)


@pytest.mark.parametrize("answer", [True, np.bool_(True)])
def test_whoever_says_yes_has_agreed(connect, forward, machine, answer):
    forward(connect(Measurement(verb="evaluate", approve=lambda price: answer)))
    assert len(machine.jobs) == 3


def test_what_may_be_there_already_is_said(connect, forward, machine, tmp_path, failure):
    """A reply was lost with the process: nobody knows whether the first job was taken."""
    machine.faults["submit"] = ["lost"]
    machine.faults["find"] = [403]
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        failure(RemoteError, forward, connect(measurement))
    line = failure(
        InputError, forward, connect(Measurement(tmp_path / "run", "evaluate", approve=False))
    )
    assert "1 of 3 may be there already, and is looked for first (in Python" in line
