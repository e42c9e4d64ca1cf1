"""Leases, states and what was really spent, as the journal keeps them."""

import socket
import sqlite3
import threading

import pytest
import torch

from qfusion_core import Circuit, Price, Range, Result, tiles
from qfusion_core.remote.intents import At, Planned
from qfusion_core.remote.job import Call
from qfusion_core.remote.journal import About, Journal
from qfusion_core.remote.ledger import LEASE
from qfusion_core.remote.owner import gone, new_owner

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
    at = At(journal.open(About("test", "", "paid", "toy", ""), again=False), 0)
    price = Price(2, 20, 1, Range(1, 5), Range(2, 4))
    journal.write(at, call, [Planned(0, job, price, "paid")], {"paid": None})
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


def test_the_lease_of_a_process_that_has_ended_is_void(written):
    journal, key = written
    dead = f"{socket.gethostname()}/{2**22 - 1}/abcd"
    assert gone(dead)
    assert not gone(new_owner())
    assert not gone(f"another-host/{2**22 - 1}/abcd")
    assert journal.jobs.claim(key, dead) is not None
    assert journal.jobs.claim(key, new_owner()) is not None


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
    """It did not know the low end of what was charged."""
    journal, key = written
    journal.jobs.submitted(key, "job-7")
    journal.jobs.done(key, Result(torch.zeros(2, 1), b"", usd=3.5))
    with transaction(journal.path) as db:
        db.execute("ALTER TABLE job DROP COLUMN usd_low")
        db.execute("PRAGMA user_version = 2")
    (entry,) = journal.jobs.all()
    assert entry.usd_low is None
    assert entry.amount("usd") == (Range(3.5, 3.5), True)
    assert entry.amount("qpu_seconds") == (Range(1, 5), False)


def test_a_failed_job_stays_spent(written):
    journal, key = written
    journal.jobs.submitted(key, "job-7")
    journal.jobs.ended(key, "failed", "no qubits")
    assert journal.spent("paid").jobs == 1


def test_two_that_make_the_journal_at_once_both_have_it(tmp_path, monkeypatch):
    path, connect = tmp_path / "journal.sqlite", sqlite3.connect
    other = connect(path, isolation_level=None, check_same_thread=False)
    in_the_way = []

    def hold(statement):
        if "journal_mode" in statement and not in_the_way:
            other.execute("BEGIN IMMEDIATE")
            in_the_way.append(threading.Timer(0.1, other.rollback))
            in_the_way[0].start()

    def watched(*arguments, **options):
        made = connect(*arguments, **options)
        made.set_trace_callback(hold)
        return made

    monkeypatch.setattr(sqlite3, "connect", watched)
    with transaction(path) as db:
        assert db.execute("SELECT COUNT(*) FROM measurement").fetchone()[0] == 0
    in_the_way[0].join()
    other.close()
