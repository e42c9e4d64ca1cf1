"""Leases, states and what was really spent, as the journal keeps them."""

import math
import platform
import socket
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import torch

from qfusion_core import Circuit, InputError, Price, Range, Result, tiles
from qfusion_core.remote.journal.adoption import adopt_jobs
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.rows.job_store import LEASE
from qfusion_core.remote.journal.rows.lease import gone, lives, new_owner, same_process
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import CallId, PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.budget import Spending
from support.journals import writing

KEY = "qf-{}-0-0"


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def written(tmp_path, clock):
    """A journal with one intent, and its key."""
    circuit = Circuit(1, (), 0, 0)
    call = Call(circuit, torch.zeros(2, 0).double(), ("Z",))
    (job,) = tiles(circuit, call.angles, call.observables)
    journal = Journal(tmp_path, clock)
    at = CallId(journal.open(MeasurementIdentity("test", "", "paid", "toy", ""), again=False), 0)
    price = Price(2, 20, 1, Range(1, 5), Range(2, 4))
    journal.write(at, call, [PlannedJob(0, job, price, "paid")], {"paid": None})
    return journal, KEY.format(at.measurement)


def test_one_owner_at_a_time(written, clock):
    journal, key = written
    here, elsewhere = new_owner(), "another-host/1/abcd"
    assert journal.jobs.claim(key, elsewhere) is not None
    assert journal.jobs.claim(key, here) is None
    clock.now += LEASE / 2
    assert journal.jobs.sending(key, elsewhere)  # renews it
    clock.now += LEASE - 1
    assert journal.jobs.claim(key, here) is None
    clock.now += 2
    claimed = journal.jobs.claim(key, here)
    assert claimed.sent == 1000 + LEASE / 2  # a submission whose reply nobody saw
    assert not journal.jobs.sending(key, elsewhere)  # it wakes up late, and must not send
    assert journal.jobs.sending(key, here)


@pytest.fixture
def dead(forks):
    """The name of a process that has ended."""
    said = "from qfusion_core.remote.journal.rows.lease import new_owner; print(new_owner())"
    done = forks.run(code=said)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_lease_of_a_process_that_has_ended_is_void(written, dead):
    journal, key = written
    assert gone(dead)
    assert not gone(new_owner())
    assert not gone(f"another-host/{2**22 - 1}/abcd")
    assert journal.jobs.claim(key, dead) is not None
    assert journal.jobs.claim(key, new_owner()) is not None


def test_a_process_is_told_without_the_name_of_its_host(dead, monkeypatch):
    """A laptop in another network has another name; a journal that is shared tells none."""
    here = new_owner()
    monkeypatch.setattr(socket, "gethostname", lambda: "laptop.elsewhere.example")
    assert gone(dead)
    assert lives(here)
    assert same_process(here, new_owner())
    assert platform.node().partition(".")[0] not in here


def test_a_number_that_another_process_has_by_now_is_no_life():
    place, process, _ = new_owner().split("/")
    number, _, started = process.partition(".")
    assert lives(f"{place}/{number}.{started}/abcd")
    assert gone(f"{place}/{number}.{int(started) - 1}/abcd")


def test_what_was_submitted_is_not_claimed(written):
    journal, key = written
    journal.jobs.submitted(key, "job-7")
    assert journal.jobs.claim(key, new_owner()) is None
    (entry,) = journal.jobs.all()
    assert (entry.state, entry.job_id, entry.sent) == ("submitted", "job-7", None)


def test_what_is_done_stays_done(written):
    journal, key = written
    values = torch.tensor([[0.25], [-1.0]], dtype=torch.float64)
    journal.jobs.submitted(key, "job-7")
    journal.jobs.done(key, Result(values, b"counts"))
    journal.jobs.ended(key, "cancelled", "too late")
    journal.jobs.submitted(key, "job-8")
    (entry,) = journal.jobs.all()
    assert (entry.state, entry.job_id) == ("done", "job-7")
    assert torch.equal(journal.jobs.values(entry), values)
    assert journal.jobs.raw(key) == b"counts"


def test_what_the_provider_charged_takes_the_place_of_the_estimate(written):
    journal, key = written
    assert (journal.spent("paid").usd, journal.spent("paid").qpu_seconds) == (4, 5)
    journal.jobs.submitted(key, "job-7")
    journal.jobs.done(key, Result(torch.zeros(2, 1), b"", qpu_seconds=1.5))
    assert (journal.spent("paid").usd, journal.spent("paid").qpu_seconds) == (4, 1.5)


def test_dollars_that_follow_from_what_was_told_are_a_range(written):
    journal, key = written
    journal.jobs.submitted(key, "job-7")
    journal.jobs.done(key, Result(torch.zeros(2, 1), b"", qpu_seconds=1.5, usd=Range(0, 2.4)))
    assert (journal.spent("paid").usd, journal.spent("paid").qpu_seconds) == (2.4, 1.5)
    (entry,) = journal.jobs.all()
    assert entry.amount("usd") == (Range(0, 2.4), False)
    assert entry.amount("qpu_seconds") == (Range(1.5, 1.5), True)


def test_what_was_charged_is_known_from_an_estimate_of_the_same_amount(written):
    journal, key = written
    journal.jobs.submitted(key, "job-7")
    assert journal.jobs.all()[0].amount("usd") == (Range(2, 4), False)
    journal.jobs.done(key, Result(torch.zeros(2, 1), b"", usd=4))
    assert journal.jobs.all()[0].amount("usd") == (Range(4, 4), True)


def test_a_journal_of_the_second_version_is_read(written):
    """It did not know the low end of what was charged, and had no seal."""
    journal, key = written
    journal.jobs.submitted(key, "job-7")
    journal.jobs.done(key, Result(torch.zeros(2, 1), b"", usd=3.5))
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as db:
        for column in ("usd_low", "adopted"):
            db.execute(f"ALTER TABLE job DROP COLUMN {column}")
        db.execute("DROP TABLE seal")
        db.execute("PRAGMA user_version = 2")
    assert adopt_jobs([journal.path.parent]) == [journal.path.parent]
    (entry,) = journal.jobs.all()
    assert entry.usd_low is None
    assert entry.amount("usd") == (Range(3.5, 3.5), True)
    assert entry.amount("qpu_seconds") == (Range(1, 5), False)
    assert entry.adopted


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_nothing_is_reserved_for_a_job_that_failed_or_was_cancelled(written, end):
    journal, key = written
    journal.jobs.submitted(key, "job-7")
    assert journal.spent("paid").jobs == 1
    journal.jobs.ended(key, end, "no qubits")
    assert journal.spent("paid") == Spending()


def test_those_that_make_the_journal_at_once_all_have_it(tmp_path):
    about, barrier = MeasurementIdentity("test", "", "paid", "toy", ""), threading.Barrier(4)

    def make(_):
        barrier.wait()
        return Journal(tmp_path).open(about, again=False)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(4)))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal.sqlite", "state"]


def test_a_journal_and_its_key_are_read_by_nobody_else(written, tmp_path):
    journal, _ = written
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    state = tmp_path / "state" / "qfusion"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "journal.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "price",
    [
        # as no adapter can make them
        Price(1, 10, usd=Range._make((-1, -0.5))),
        Price(1, 10, usd=Range._make((0, math.nan))),
        Price(1, 10, qpu_seconds=Range._make((0, math.inf))),
        Price(1, 10**15 + 1),
        Price(1, 2**53),
    ],
)
def test_what_cannot_be_counted_is_not_written(written, price):
    journal, _ = written
    at = CallId(
        journal.open(MeasurementIdentity("test", "other", "paid", "toy", ""), again=False), 0
    )
    call = Call(Circuit(1, (), 0, 0), torch.zeros(2, 0).double(), ("Z",))
    (job,) = tiles(call.circuit, call.angles, call.observables)
    before = journal.spent("paid")
    with pytest.raises(InputError, match=r"paid: the plan's (usd|qpu_seconds|shots): expected a"):
        journal.write(at, call, [PlannedJob(0, job, price, "paid")], {"paid": None})
    assert journal.spent("paid") == before


@pytest.mark.parametrize("usd", [-5.0, math.nan, math.inf, Range._make((-1, 2))])
def test_a_charge_that_cannot_be_one_counts_as_not_told(written, usd):
    journal, key = written
    journal.jobs.submitted(key, "job-7")
    journal.jobs.done(key, Result(torch.zeros(2, 1), b"", qpu_seconds=-1000, usd=usd))
    assert (journal.spent("paid").usd, journal.spent("paid").qpu_seconds) == (4, 5)


def test_values_that_are_missing_are_refused(written):
    """A call of which a job is lost, or not done, gives no number."""
    journal, key = written
    at = CallId(key.split("-")[1], 0)
    call = journal.call(at)
    with pytest.raises(
        InputError, match=r"call 0 of .* is damaged \(job .* is not done\); give it"
    ):
        journal.values(at, call)
    with writing(journal) as db:
        db.execute("DELETE FROM job")
    with pytest.raises(InputError, match=r"is damaged \(no job gives row 0, observable Z\); give"):
        journal.values(at, call)


def test_it_is_known_which_intents_this_process_wrote(written, tmp_path):
    journal, key = written
    assert journal.jobs.wrote(key)
    assert not Journal(tmp_path).jobs.wrote(key)  # as another process, or of a copy
