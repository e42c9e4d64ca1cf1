"""Two machines, one at fault: nothing lost, nothing bought twice, and the other one helps.

Jobs are counted on the machines' side. Six rows, one in each job: three for each machine.
"""

import re
import shutil
import sqlite3
from contextlib import closing, suppress

import pytest
import torch

from machine import Machine
from qfusion_core import (
    BudgetError,
    Finding,
    JobCancelled,
    JobsLeft,
    JobsPending,
    Measurement,
    Refused,
    RemoteError,
    SubmitUncertain,
    Transient,
)
from qfusion_core.calibration.store import Calibration
from qfusion_core.errors import Interrupted, QfusionError
from qfusion_core.pool.device import Pool
from qfusion_core.pool.local_member import LocalMember
from qfusion_core.pool.options import PoolOptions
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.journal.adoption import adopt_jobs
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.budget import Budget
from qfusion_core.testing import ReferenceDevice
from qfusion_core.workflows.unfinished_jobs import forget_measurements
from qfusion_queue import Queue
from support.keys import QUEUE as SECRET
from support.remote_circuit import CIRCUIT, WEIGHTS, WORDS

DATA = torch.linspace(-2, 2, 12, dtype=torch.float64).reshape(6, 2)
AGAIN = "no job is lost: run the same again, or `qfusion jobs resume "


@pytest.fixture
def other():
    """A second machine that runs."""
    machine = Machine(token=SECRET)
    with machine.running() as machine.url:
        yield machine


@pytest.fixture
def pool(machine, other, connect):
    """Makes pools of machines a and b; more members and another share if given."""

    def _pool(
        measurement, *, share="even", kinds=None, budgets=None, more=None, absent=None, **options
    ):
        members = {}
        for name, at in (("a", machine), ("b", other)):
            if name in (absent or {}):
                continue
            kind = (kinds or {}).get(name, Queue)
            members[name] = connect(measurement, kind=kind, url=at.url, **options)
            budget = (budgets or {}).get(name, Budget(max_jobs=1000))
            members[name].bound = Binding(name, budget, measurement)
        for name, device in (more or {}).items():
            members[name] = LocalMember(device)
            members[name].bound = Binding(name, None, measurement)
        of = PoolOptions(backends=(*members, *(absent or {})), share=share)
        return Pool(of, members, absent or {}, ("digest",), Binding("both", None, measurement))

    return _pool


@pytest.fixture
def measure(pool, tmp_path):
    """Evaluates six rows on the pool; keeps what it said, and where values came from."""
    said = []

    def _measure(verb="evaluate", *, data=DATA, again=False, wait=True, seen=None, **rest):
        callback = {} if seen is None else {"on_progress": seen.append}
        with Measurement(
            tmp_path / "run", verb, again=again, wait=wait, say=said.append, **callback
        ) as measurement:
            fleet = pool(measurement, **rest)
            values = fleet.expectations(CIRCUIT, data, WEIGHTS, WORDS)
            _measure.shared = fleet.shared()
            return values

    _measure.said = said
    return _measure


def keys(*machines):
    return [job["key"] for machine in machines for job in machine.jobs.values()]


class Order(list):
    """Requests of several machines in one list."""

    def __init__(self, name, order):
        self.name, self.order = name, order

    def append(self, kind):
        self.order.append((self.name, kind))


def test_all_is_submitted_everywhere_before_the_first_look(machine, other, measure):
    order, seen = [], []
    for name, each in (("a", machine), ("b", other)):
        each.requests = Order(name, order)
    measure(seen=seen)
    kinds = [kind for _, kind in order]
    assert kinds.index("status") == 8  # a look at each machine, and six jobs
    assert order[2:8] == [("a", "submit")] * 3 + [("b", "submit")] * 3
    assert seen[-1].backend == "both"
    assert seen[-1].states == {"done": 6}
    assert measure.shared == {"a": [(1, 3)], "b": [(4, 6)]}
    assert measure.said == []


def test_values_are_those_of_the_machines(measure):
    values = measure(shots=10_000)
    exact = ReferenceDevice(ReferenceDevice.example())
    assert torch.allclose(values, exact.expectations(CIRCUIT, DATA, WEIGHTS, WORDS), atol=0.06)
    assert torch.equal(values, measure(shots=10_000))  # from the journal


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_job_that_fails_goes_to_the_other(machine, other, measure, journal, number):
    machine.ends[number] = ("failed", f"drifted {SECRET}")
    values = measure()
    assert torch.isfinite(values).all()
    assert (len(machine.jobs), len(other.jobs)) == (3, 4)
    assert len(set(keys(machine, other))) == 7
    (line,) = measure.said
    assert line.startswith("both: 1 row(s) of a go to b (about 2.10 to 2.50 USD, ")
    assert line.endswith(": failed: drifted (hidden)")
    assert set(measure.shared) == {"a", "b"}
    states = [(entry.backend, entry.state) for entry in journal.jobs.all()]
    assert states.count(("a", "done")) == 2
    assert states.count(("a", "failed")) == 1
    assert states.count(("b", "done")) == 4
    assert torch.equal(values, measure())
    assert len(keys(machine, other)) == 7


@pytest.mark.parametrize(
    "faults", [[401], [None, 402], [None, None, 400], [429] * 3, [None, *[429] * 3]], ids=str
)
def test_what_a_machine_does_not_take_goes_to_the_other(machine, other, measure, journal, faults):
    machine.faults["submit"] = list(faults)
    values = measure()
    accepted = faults.index(next(fault for fault in faults if fault))
    assert torch.isfinite(values).all()
    assert (len(machine.jobs), len(other.jobs)) == (accepted, 6 - accepted)
    assert len(measure.said) == 1
    assert f"both: {3 - accepted} row(s) of a go to b" in measure.said[0]
    # after "later" it is asked by the key; a refusal is certain
    assert ("find" in machine.requests) == (429 in faults)
    # what was not sent is not spent, and what was handed over is said where jobs are listed
    assert journal.spent("a").jobs == accepted
    assert journal.spent("b").jobs == 6 - accepted
    given_up = [entry for entry in journal.jobs.all() if entry.state == "cancelled"]
    assert len(given_up) == 3 - accepted
    assert all(entry.reason.startswith("handed over to b: 4") for entry in given_up)


@pytest.mark.parametrize("fault", ["lost", "reset", 503, "504 after"])
def test_what_a_machine_may_have_taken_is_never_handed_over(
    machine, other, measure, failure, fault
):
    """After a doubtful submission and three tries in vain: only what was surely not sent moves."""
    machine.faults["submit"] = [None, *[fault] * 100]
    machine.faults["find"] = [503] * 100
    line = failure(RemoteError, measure)
    assert line.startswith("a: ")
    assert AGAIN in line
    at_a = len(machine.jobs)
    assert len(other.jobs) == 4  # its own three, and the third of a
    assert at_a in (1, 2)
    machine.faults.clear()
    measure()
    assert (len(machine.jobs), len(other.jobs)) == (2, 4)
    assert len(set(keys(machine, other))) == 6


@pytest.mark.parametrize(("kind", "fault", "error"), [
    ("status", 401, Refused), ("status", "reset", Transient), ("result", 500, Transient),
])  # fmt: skip
def test_jobs_at_a_machine_that_is_not_reached_stay_there(
    machine, other, measure, failure, journal, kind, fault, error
):
    machine.faults[kind] = [fault] * 1000
    line = failure(error, measure)
    assert line.startswith("a: job job-0: ")
    assert AGAIN in line
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)
    done = [entry.backend for entry in journal.jobs.all() if entry.state == "done"]
    assert done == ["b"] * 3  # what the other gave is kept
    assert measure.said == []
    machine.faults.clear()
    measure()
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)


def test_a_slow_machine_is_waited_for_not_replaced(machine, other, measure, failure):
    machine.seconds = 60
    line = failure(JobsPending, measure, timeout_seconds=0.1)
    assert line.startswith("both: job a job-0, a job-1, a job-2: not done after 0.1 s; no job is")
    machine.seconds = 0
    measure()
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)


def test_nobody_waits_when_asked_not_to(machine, other, measure, failure):
    machine.seconds = other.seconds = 60
    line = failure(JobsLeft, measure, wait=False)
    assert line.startswith(
        "both: job a job-0, a job-1, a job-2, b job-0, b job-1, ... (6 in all): "
    )
    machine.seconds = other.seconds = 0
    values = measure()
    assert torch.equal(values, measure(wait=False))
    assert len(keys(machine, other)) == 6


def test_nobody_waits_but_what_is_refused_is_handed_over(machine, other, measure, failure):
    machine.faults["submit"], other.seconds = [401], 60
    failure(JobsLeft, measure, wait=False)
    assert (len(machine.jobs), len(other.jobs)) == (0, 6)


def test_nobody_is_left(machine, other, measure, failure, journal):
    other.seconds = 60
    machine.faults["submit"] = [None, 402]
    other.faults["submit"] = [None, None, None, 403]
    line = failure(RemoteError, measure)
    assert line.startswith("both: no member can take 2 row(s) (a: 402 Payment Required: ")
    assert "; b: 403 Forbidden: " in line
    assert "); still at work: a job-0, b job-0, b job-1, b job-2; no job is lost: run" in line
    assert len(measure.said) == 1  # a's two rows had gone to b
    other.seconds = 0
    measure()
    assert len(keys(machine, other)) == 6
    assert len(set(keys(machine, other))) == 6


def test_all_have_failed_and_the_next_run_tries_all_again(machine, other, measure, failure):
    for each in (machine, other):
        each.ends |= {number: ("failed", "power cut") for number in range(3)}
    line = failure(RemoteError, measure)
    assert "no member can take" in line
    assert "a: failed: power cut; b: failed: power cut" in line
    before = len(keys(machine, other))
    machine.ends, other.ends = {}, {}
    values = measure()
    assert torch.isfinite(values).all()
    assert len(set(keys(machine, other))) == len(keys(machine, other)) <= before + 6


def test_what_somebody_cancelled_is_not_bought_elsewhere(machine, other, measure, failure):
    machine.ends[1] = ("cancelled", "by the operator")
    line = failure(JobCancelled, measure)
    assert line.startswith("a: job job-1: cancelled: by the operator; run the same again")
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)
    machine.ends = {}
    measure()
    assert len(keys(machine, other)) == 7


def test_a_machine_that_is_away_gets_nothing(machine, other, measure):
    machine.faults["look"] = [503] * 3
    measure()
    assert (len(machine.jobs), len(other.jobs)) == (0, 6)
    assert len(measure.said) == 1
    assert measure.said[0].startswith("both: without a: 503 ")
    assert SECRET not in measure.said[0]


class RunsNone(Queue):
    """Takes jobs, and says that it runs none now."""

    def preflight(self):
        return [*super().preflight(), Finding("status", "warning", "off", away=True)]


def test_a_machine_that_takes_jobs_but_runs_none_gets_nothing(machine, other, measure):
    measure(kinds={"a": RunsNone})
    assert measure.said == ["both: without a: status: off"]
    assert (len(machine.jobs), len(other.jobs)) == (0, 6)


def test_all_are_away(machine, other, measure, failure):
    machine.faults["look"], other.faults["look"] = [401], [503] * 3
    line = failure(RemoteError, measure)
    assert line.startswith("both: no member can take 6 row(s) (a: 401 ")
    assert "; b: 503 " in line
    assert not keys(machine, other)


def test_too_few_qubits(machine, other, pool, failure, tmp_path):
    with Measurement(tmp_path / "run", "evaluate", say=(said := []).append) as measurement:
        fleet = pool(measurement)
        fleet.members["a"].max_wires = 1
        fleet.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert said == ["both: without a: has 1 qubits, the circuit 2"]
    assert (len(machine.jobs), len(other.jobs)) == (0, 6)


def test_a_budget_takes_what_it_can(machine, other, measure, failure):
    budgets = {"a": Budget(max_jobs=2), "b": Budget(max_jobs=6)}
    measure(budgets=budgets)
    assert (len(machine.jobs), len(other.jobs)) == (2, 4)
    assert measure.said == ["both: the budget of a takes 2 of its 3 rows; others get the rest"]
    line = failure(BudgetError, measure, again=True, budgets=budgets)
    assert line == (
        "both: the budgets take 2 of 6 row(s) (a: the plan needs up to 1 job(s), but of max_jobs 2 "
        "only 0 are left in this run; b: the plan needs up to 3 job(s), but of max_jobs 6 only 2 "
        "are left in this run); nothing of it was sent; use fewer rows or shots, or raise a "
        "budget in backends.yaml"
    )
    assert len(keys(machine, other)) == 6


def test_a_share_that_does_not_fit_elsewhere_is_not_handed_over(machine, other, measure, failure):
    machine.faults["submit"] = [None, 402]
    budgets = {"b": Budget(max_jobs=4)}
    line = failure(BudgetError, measure, budgets=budgets)
    assert line.startswith("both: the budgets take 1 of 2 row(s) (a: 402 Payment Required")
    assert "raise a budget in backends.yaml; still at work: a job-0; no job is lost: run" in line
    machine.faults.clear()
    measure(budgets=budgets)  # a takes its own again
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)


def test_a_member_without_credentials_keeps_what_it_was_to_do_until_it_is_forgotten(
    machine, other, measure, pool, failure, tmp_path
):
    """Planned for both; then the environment lost a secret, so nobody can ask whether it was sent:
    a copy of this run may have done so.
    """
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        fleet = pool(measurement, timeout_seconds=0.05)
        fleet.members["a"].max_pending = 0
        failure(JobsPending, fleet.expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    absent = {"a": "the environment variable A is not set"}
    line = failure(RemoteError, measure, absent=absent)
    assert line.startswith(
        "a: the environment variable A is not set; jobs that this process did not plan may be "
        "there: set it up again, or give it up with `qfusion jobs forget"
    )
    assert (len(machine.jobs), len(other.jobs)) == (0, 3)
    forget_measurements(tmp_path / "run", [], lost=True)
    measure(absent=absent)
    assert (len(machine.jobs), len(other.jobs)) == (0, 9)


def test_what_the_message_says_leads_out(machine, other, measure, pool, failure, tmp_path):
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        fleet = pool(measurement, timeout_seconds=0.05)
        fleet.members["a"].max_pending = 0
        failure(JobsPending, fleet.expectations, CIRCUIT, DATA, WEIGHTS, WORDS)
    line = failure(RemoteError, measure, absent={"a": "the environment variable A is not set"})
    assert "--again" not in line  # it leaves nothing that is waited for
    (forget,) = re.findall(r"`qfusion jobs forget (?:\S+) (\w+)`", line)
    forget_measurements(tmp_path / "run", [forget])
    measure(absent={"a": "the environment variable A is not set"})


def test_a_job_that_was_called_failed_is_looked_for_before_another_has_it(
    machine, other, measure, journal
):
    """Its machine says so of what it does not find for a moment."""
    status, said = machine.status, []

    def once(job_id):
        if job_id == "job-0" and not said:
            said.append(job_id)
            return {"state": "failed", "reason": f"no job {job_id}"}
        return status(job_id)

    machine.status = once
    measure()
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)
    assert {entry.state for entry in journal.jobs.all()} == {"done"}


def test_a_failed_job_of_a_member_that_cannot_be_asked_is_not_bought_elsewhere(
    machine, other, measure, journal, failure
):
    """An adapter of before may have called it failed because it was unknown for a moment."""
    machine.seconds = 60
    failure(JobsPending, measure, timeout_seconds=0.05)
    job = next(entry for entry in journal.jobs.all() if entry.backend == "a")
    journal.jobs.ended(job.key, "failed", "no job job-0")
    line = failure(RemoteError, measure, absent={"a": "the environment variable A is not set"})
    assert line.startswith("a: job job-0: the environment variable A is not set; or give it up")
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)


def test_a_member_that_is_away_from_the_start_has_nothing(machine, other, measure):
    measure(absent={"a": "the environment variable A is not set"})
    assert (len(machine.jobs), len(other.jobs)) == (0, 6)
    assert measure.said[0] == "both: without a: the environment variable A is not set"


def test_jobs_of_a_member_that_cannot_be_opened_are_not_bought_again(
    machine, other, measure, failure
):
    machine.seconds = 60
    failure(JobsPending, measure, timeout_seconds=0.05)
    line = failure(RemoteError, measure, absent={"a": "the environment variable A is not set"})
    assert line.startswith("a: job job-0: the environment variable A is not set; no job is lost")
    assert len(keys(machine, other)) == 6


class IsInterrupted(Queue):
    """Somebody presses Ctrl-C while it is asked."""

    def status(self, job_id):
        raise KeyboardInterrupt


def test_an_interrupt_says_how_to_go_on(machine, other, failure, measure):
    line = failure(Interrupted, measure, kinds={"b": IsInterrupted})
    assert line.startswith("both: interrupted; jobs that were submitted stay at the provider")
    measure()
    assert len(keys(machine, other)) == 6


def test_each_member_is_corrected_by_its_own_calibration(pool, tmp_path):
    def correction(name, scale, offset):
        fit = {"scale": scale, "offset": offset, "raw_error": 0.0, "error": 0.0}
        about = dict.fromkeys(("device", "options", "circuit", "reference", "measured"), "x")
        return Calibration(
            **about, backend=name, samples=8, seed=0, measurement=None, provenance={},
            observables=dict.fromkeys(WORDS, fit),
        )  # fmt: skip

    with Measurement(tmp_path / "run", "evaluate") as measurement:
        raw = pool(measurement).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        fleet = pool(measurement)
        fleet.corrections = {"a": correction("a", 2.0, 0.5), "b": correction("b", 3.0, 0.0)}
        after = fleet.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert torch.allclose(after[:3], 2 * raw[:3] + 0.5)
    assert torch.allclose(after[3:], 3 * raw[3:])


def test_a_simulator_takes_its_share_and_fills_in(machine, other, measure, journal):
    exact = ReferenceDevice(ReferenceDevice.example())
    machine.ends[0] = ("failed", "power cut")
    values = measure(more={"here": exact})
    # two rows each; the first of a is shared between the others, which is one row
    assert (len(machine.jobs), len(other.jobs)) == (2, 3)
    wanted = exact.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert torch.allclose(values[4:], wanted[4:])
    assert journal.spent("here").usd == 0
    assert measure.shared["here"] == [(5, 6)]


def test_simulators_alone_need_no_journal(tmp_path):
    exact = ReferenceDevice(ReferenceDevice.example())
    measurement = Measurement(tmp_path / "run", "evaluate")
    members = {name: LocalMember(exact) for name in ("one", "two")}
    for name, member in members.items():
        member.bound = Binding(name, None, measurement)
    options = PoolOptions(backends=tuple(members))
    fleet = Pool(options, members, {}, ("digest",), Binding("both", None, measurement))
    assert fleet.local
    values = fleet.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert torch.allclose(values, exact.expectations(CIRCUIT, DATA, WEIGHTS, WORDS))
    assert fleet.shared() == {"one": [(1, 3)], "two": [(4, 6)]}
    assert not (tmp_path / "run").exists()


def test_no_gradients(pool, tmp_path):
    weights = WEIGHTS.clone().requires_grad_()
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        values = pool(measurement).expectations(CIRCUIT, DATA, weights, WORDS)
    with pytest.raises(QfusionError, match="no gradients through a pool: the halves of a"):
        values.sum().backward()


def test_limits_of_each_machine_hold(machine, other, pool, tmp_path):
    machine.seconds = 0.05
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        fleet = pool(measurement)
        fleet.members["a"].max_pending = 1
        fleet.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    order = [kind for kind in machine.requests if kind in ("submit", "result")]
    assert order == ["submit", "result"] * 3
    assert [kind for kind in other.requests if kind == "submit"] == ["submit"] * 3


def test_an_uncertain_machine_that_took_it_is_found(machine, other, measure):
    machine.faults["submit"] = ["lost", None, "504 after"]
    measure()
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)
    assert measure.said == []


def test_a_journal_of_the_first_version_is_read(
    machine, other, measure, journal, connect, tmp_path
):
    """Its tables had neither a backend nor a mark of what was replaced."""
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        first = connect(measurement).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    with closing(sqlite3.connect(journal.path)) as db:
        db.execute("ALTER TABLE job DROP COLUMN backend")
        db.execute("ALTER TABLE job DROP COLUMN replaced")
        db.execute("ALTER TABLE job DROP COLUMN usd_low")
        db.execute("ALTER TABLE job DROP COLUMN adopted")
        db.execute("DROP TABLE seal")
        (row,) = db.execute("SELECT * FROM job WHERE position = 0").fetchall()
        db.execute("PRAGMA user_version = 1")
        db.execute(  # an attempt that failed and was superseded
            "UPDATE job SET attempt = 1 WHERE position = 0"
        )
        names = [column[1] for column in db.execute("PRAGMA table_info(job)")]
        old = dict(zip(names, row, strict=True)) | {"key": "old", "state": "failed", "values": None}
        marks = ", ".join("?" for _ in old)
        db.execute(f"INSERT INTO job VALUES ({marks})", list(old.values()))
        db.commit()
    adopt_jobs([tmp_path / "run"])
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        again = connect(measurement).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert torch.equal(first, again)
    assert len(machine.jobs) == 6
    assert journal.spent("queue").jobs == 6  # nothing is reserved for what has failed
    assert {entry.backend for entry in journal.jobs.all()} == {"queue"}


def test_submit_uncertain_is_an_error_of_its_machine(machine, other, measure, failure):
    machine.faults["submit"] = ["reset"] * 100
    line = failure(SubmitUncertain, measure)
    assert line.startswith("a: no reply")
    assert (len(machine.jobs), len(other.jobs)) == (0, 5)
    machine.faults.clear()
    measure()
    assert (len(machine.jobs), len(other.jobs)) == (1, 5)


@pytest.mark.parametrize("faults", [("find", "submit"), ("submit",)], ids=str)
def test_what_a_copy_of_the_run_may_have_sent_is_not_handed_over(
    machine, other, pool, measure, tmp_path, faults
):
    """The journal is of before anything was sent; all of it was, from another copy."""
    run, copy = tmp_path / "run", tmp_path / "copy"
    with Measurement(run, "evaluate") as measurement:
        fleet = pool(measurement)
        call = Call.of(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
        about = MeasurementIdentity("evaluate", "", "both", fleet.name, fleet.values_digest())
        limits = dict.fromkeys("ab", Budget(max_jobs=1000))
        measurement.journal.write(measurement.at(about, call), call, fleet.assign(call), limits)
    shutil.copytree(run, copy)
    measure()
    shutil.rmtree(run)
    copy.rename(run)
    machine.faults.update({kind: [503] * 99 for kind in faults})
    with suppress(RemoteError):  # a is asked by the key of each job, or nothing moves
        measure()
    machine.faults.clear()
    measure()
    assert (len(machine.jobs), len(other.jobs)) == (3, 3)
    assert len(set(keys(machine, other))) == 6
