"""SIGKILL anywhere with the example's queue; see `support.kills`."""

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from machine import Machine
from support.keys import QUEUE as SECRET
from support.kills import KILLED, POINTS, Kills, Warm
from support.seeds import seeds


@pytest.fixture(scope="module")
def warm():
    warm = Warm(Path(__file__).with_name("warm.py"), "-W", "error")
    yield warm
    warm.close()


@pytest.fixture(scope="module")
def serve():
    @contextmanager
    def _serve():
        machine = Machine(token=SECRET)
        with machine.running() as url:
            yield machine, {"QUEUE_URL": url}

    return _serve


@pytest.fixture
def environment(machine):
    return {"QUEUE_URL": machine.url}


class TestKills(Kills):
    @staticmethod
    def sent(machine):
        return (job["key"] for job in machine.jobs.values())

    def test_killed_at_every_use_of_the_journal(self, machine, run, tmp_path):
        """One after the other until a run gets through: no transaction is a wrong place to die."""
        options, values = {"rows_per_job": 2, "grace_seconds": 0.01}, []
        for access in range(1, 100):
            machine.jobs.clear()
            work = {"folder": str(tmp_path / f"run-{access}"), "options": options, "calls": 1}
            status, said = run(access=access, **work)
            finished = status != KILLED
            if not finished:
                status, said = run(**work)
            assert status == 0
            assert len(machine.jobs) == 2, f"killed at use {access}"
            values.append(said["values"])
            if finished:
                break
        assert 15 < access < 99  # the last run had so many uses, and every one was tried
        assert all(value == values[-1] for value in values)

    def test_killed_again_and_again(self, machine, run, undisturbed):
        for point in POINTS:
            for _ in range(2):
                run(point=point)
        assert run() == (0, undisturbed[0])
        assert self.all_sent_once(machine)


class WithoutALog(TestKills):
    """Journals stay whole, and without a write-ahead log."""

    @pytest.fixture(autouse=True)
    @staticmethod
    def whole(tmp_path):
        yield
        (path,) = tmp_path.glob("run/journal.sqlite")
        assert path.read_bytes()[18:20] == b"\1\1"
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    @pytest.mark.parametrize("seed", seeds(5, usual=2))
    def test_killed_at_a_random_instant(self, machine, run, undisturbed, seed):
        super().test_killed_at_a_random_instant(machine, run, undisturbed, seed)

    test_killed_at_every_use_of_the_journal = test_killed_again_and_again = None
    test_killed_after_the_submit_and_listed_late = None


class TestKillsByTheVariable(WithoutALog):
    """The locks are the system's, and a killed process leaves a journal to be rolled back."""

    @pytest.fixture
    @staticmethod
    def environment(machine):
        return {"QUEUE_URL": machine.url, "QFUSION_JOURNAL_MODE": "rollback"}

    test_killed_at_a_point = None


class TestKillsWhereALogIsRefused(WithoutALog):
    """SQLite takes none there, and nobody has said so before."""

    @pytest.fixture
    @staticmethod
    def environment(machine):
        return {"QUEUE_URL": machine.url, "QUEUE_VFS": "unix-dotfile"}

    @staticmethod
    def after_a_kill(run):
        """A server of files frees what a machine had locked that is gone."""
        if (lock := run / "journal.sqlite.lock").exists():
            lock.rmdir()
