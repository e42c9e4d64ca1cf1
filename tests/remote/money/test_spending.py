"""What all runs of a backend may spend together."""

import os

import pytest

from qfusion_core import InputError, Measurement, Price, Range
from qfusion_core.remote.errors import BudgetError, JobsPending
from qfusion_core.remote.journal.sqlite.totals import (
    JobToSend,
    reserve_of_all,
    spent_of_all,
    total_of,
)
from qfusion_core.remote.money.budget import Budget
from qfusion_core.storage.places import state_folder

THREE = Budget(max_jobs=100, max_jobs_total=5)


def test_twenty_runs_do_not_spend_twenty_times(connect, forward, machine, tmp_path):
    forward(connect(Measurement(tmp_path / "one", "evaluate"), THREE))
    with pytest.raises(BudgetError) as refused:
        forward(connect(Measurement(tmp_path / "two", "evaluate"), THREE))
    assert str(refused.value).startswith(
        "queue: the plan needs up to 3 job(s), but of max_jobs_total 5 only 2 are left over all "
        "runs; nothing was sent"
    )
    assert len(machine.jobs) == 3
    assert {run: spent.jobs for run, spent in spent_of_all()["queue"].items()} == {
        str(tmp_path / "one"): 3
    }


def test_what_failed_or_was_cancelled_is_given_back(connect, forward, machine, tmp_path):
    machine.ends[0] = ("failed", "no qubits")
    with pytest.raises(Exception, match="no qubits"):
        forward(connect(Measurement(tmp_path / "one", "evaluate"), THREE))
    assert total_of("queue").jobs == 2
    forward(connect(Measurement(tmp_path / "two", "evaluate"), THREE))
    assert total_of("queue").jobs == 5


def test_what_was_called_failed_and_goes_on_counts_again(
    connect, forward, failure, machine, tmp_path
):
    machine.seconds = 60
    with Measurement(tmp_path / "one", "evaluate") as measurement:
        failure(JobsPending, forward, connect(measurement, THREE, timeout_seconds=0.05))
        jobs = measurement.journal.jobs
        (first, *_) = jobs.all()
        jobs.ended(first.key, "failed", "no such job")
        assert total_of("queue").jobs == 2
        jobs.goes_on(first.key, first.job_id)
        assert total_of("queue") == measurement.journal.spent("queue")
        assert total_of("queue").jobs == 3


def test_what_the_provider_charged_takes_the_place_of_the_estimate(connect, forward, tmp_path):
    forward(connect(Measurement(tmp_path / "one", "evaluate"), THREE))
    journal = Measurement(tmp_path / "one").journal
    assert total_of("queue") == journal.spent("queue")


def test_of_many_processes_as_many_pass_as_the_budget_allows(connect, tmp_path):
    reserve_of_all("first", {"qf-0": JobToSend("queue", Price(1, 1))}, {"queue": THREE})
    children = []
    for number in range(1, 9):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                job = {f"qf-{number}": JobToSend("queue", Price(1, 1))}
                reserve_of_all(f"run-{number}", job, {"queue": THREE})
                status = 0
            except BudgetError:
                status = 3
            finally:
                os._exit(status)
        children.append(pid)
    ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert sorted(ended) == [0] * 4 + [3] * 4
    assert total_of("queue").jobs == 5


def test_a_total_that_others_have_changed_holds_nothing(connect, forward, machine, tmp_path):
    import sqlite3

    forward(connect(Measurement(tmp_path / "one", "evaluate"), THREE))
    path = state_folder() / "spending.sqlite"
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as db:
        db.execute("UPDATE job SET jobs = 0")
    db.close()
    with pytest.raises(InputError, match=r"spending.sqlite: was changed by others.* delete it to"):
        forward(connect(Measurement(tmp_path / "two", "evaluate"), THREE))
    assert len(machine.jobs) == 3
    # where nothing is to be held to it, it is in nobody's way
    forward(connect(Measurement(tmp_path / "three", "evaluate"), Budget(max_jobs=3)))
    assert len(machine.jobs) == 6


def test_what_is_not_counted_is_said(connect, forward, tmp_path, caplog):
    state_folder(create=True).joinpath("spending.sqlite").write_bytes(b"no database" * 100)
    forward(connect(Measurement(tmp_path / "one", "evaluate"), Budget(max_jobs=3)))
    assert (
        "file is not a database); restore a copy, or delete it to begin at nothing" in caplog.text
    )
    assert caplog.text.count("what this run spends is not counted there") == 1


def test_a_journal_that_is_gone_is_noticed(connect, forward, machine, tmp_path, caplog):
    forward(connect(Measurement(tmp_path / "one", "evaluate"), THREE))
    assert "stand in no journal" not in caplog.text
    for file in (tmp_path / "one").glob("journal.sqlite*"):
        file.unlink()
    forward(connect(Measurement(tmp_path / "one", "evaluate"), Budget(max_jobs=3)))
    assert (
        "one: 3 job(s) of it were paid for, as is counted over all runs, and stand" in caplog.text
    )


def test_a_total_that_was_emptied_holds_nothing(connect, forward, machine, tmp_path):
    forward(connect(Measurement(tmp_path / "one", "evaluate"), THREE))
    (state_folder() / "spending.sqlite").write_bytes(b"")
    with pytest.raises(InputError, match=r"spending.sqlite: empty, so what all runs spent is not"):
        forward(connect(Measurement(tmp_path / "two", "evaluate"), THREE))
    assert len(machine.jobs) == 3


def test_no_price_no_total(tmp_path):
    budget = Budget(max_usd_total=5)
    with pytest.raises(BudgetError, match="max_usd_total 5 cannot be checked: no price is known"):
        reserve_of_all("run", {"qf-1": JobToSend("q", Price(1, 1))}, {"q": budget})
    known = Price(1, 1, 1, None, Range(5, 5.1))
    with pytest.raises(
        BudgetError, match=r"needs up to 5\.1 USD, but of max_usd_total 5 only 5 are"
    ):
        reserve_of_all("run", {"qf-1": JobToSend("q", known)}, {"q": budget})


@pytest.mark.parametrize("budget", [{}, {"max_usd": None}, {"max_usd": None, "max_jobs": None}])
def test_a_budget_without_a_limit_is_none(budget):
    from qfusion_core.backends.schema import BackendEntry

    assert BackendEntry(type="queue", budget=budget).budget is None


@pytest.mark.parametrize(
    "budget",
    [
        {"max_usd": float("inf")}, {"max_usd": float("nan")}, {"max_usd": True}, {"max_usd": "100"},
        {"max_usd": 0}, {"max_usd": -1}, {"max_jobs": 1.5}, {"max_jobs": True}, {"max_jobs": "7"},
        {"max_shots": 2**60}, {"max_usd_total": float("inf")}, {"max_jobs_total": True},
    ],
)  # fmt: skip
def test_what_is_no_limit_is_refused(budget):
    with pytest.raises(ValueError, match="should be"):
        Budget(**budget)


def test_a_whole_number_may_be_written_with_an_exponent():
    assert Budget(max_shots=1e6).max_shots == 1000000
