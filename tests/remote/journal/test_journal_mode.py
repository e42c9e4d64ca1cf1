"""Where a write-ahead log does not work: kept without, and said; where locks fail: nothing sent."""

import errno
import fcntl
import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from qfusion_core import InputError, QfusionError
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.sqlite import journal_mode, locked_file, locks, totals
from qfusion_core.remote.journal.sqlite.file import is_logged_ahead
from qfusion_core.remote.money.budget import Budget
from qfusion_core.storage import mounts
from support.journals import writing
from support.vfs import use

VARIABLE = "QFUSION_JOURNAL_MODE"


@pytest.fixture(autouse=True)
def of_nowhere(monkeypatch):
    """Where a measurement comes from takes longer to find out than to write down."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("qfusion_core.provenance.provenance", dict)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "journal.sqlite"


@pytest.fixture
def log_is_refused(monkeypatch):
    """SQLite itself refuses a log there; locks hold between processes."""
    use("unix-dotfile", monkeypatch.setattr)


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """As if the test's folder were on a file system of some type."""

    def _mounted(name):
        table = tmp_path / "mountinfo"
        table.write_text(f"40 1 0:99 / {tmp_path} rw - {name} server:/export rw\n")
        monkeypatch.setattr(mounts, "TABLE", table)

    return _mounted


def whole(path):
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return Journal(path.parent).standing().kind == "own"


def write(path, count, first=0):
    """Measurements, each in a transaction."""
    path.parent.mkdir(exist_ok=True)
    for number in range(first, first + count):
        about = MeasurementIdentity("test", f"{number}" + "x" * 2000, "paid", "toy", "")
        Journal(path.parent).open(about, again=False)


def count(path):
    return len(Journal(path.parent).measurements())


def left_in_the_log(path):
    """A journal of two measurements, of which a process that was killed left one in its log."""
    write(path, 1)
    if os.fork() == 0:
        db = sqlite3.connect(path)  # while it is open, the log is not put into the file
        db.execute("SELECT 1 FROM job").fetchall()
        write(path, 1, first=1)
        os.kill(os.getpid(), signal.SIGKILL)
    os.wait()
    assert is_logged_ahead(path) and Path(f"{path}-wal").stat().st_size


def test_where_a_log_is_refused_it_works_and_says_so(
    log_is_refused, measure, machine, path, caplog
):
    values = measure()
    assert not is_logged_ahead(path) and whole(path)
    assert (
        caplog.text.count("no write-ahead log works there (no memory is shared): jobs are kept ")
        == 1
    )
    assert "jobs are kept in a rollback journal; use a run on one machine at a time" in caplog.text
    caplog.clear()
    assert (measure() == values).all()
    assert len(machine.jobs) == 3
    assert "rollback" not in caplog.text  # it is said of a journal once


def test_a_journal_with_a_log_goes_on_where_none_is_taken(path, monkeypatch, caplog):
    left_in_the_log(path)
    use("unix-dotfile", monkeypatch.setattr)
    assert count(path) == 2  # in a copy: nothing is changed by reading
    assert is_logged_ahead(path)
    write(path, 1, first=2)
    assert not is_logged_ahead(path) and not Path(f"{path}-wal").exists()
    assert count(path) == 3 and whole(path)
    assert "no write-ahead log works there (unable to open database file)" in caplog.text


@pytest.mark.parametrize("name", ["nfs4", "cifs", "lustre", "fuse.sshfs"])
def test_network_file_systems_get_a_rollback_journal(mounted, path, caplog, name):
    left_in_the_log(path)
    mounted(name)
    write(path, 1, first=2)
    assert not is_logged_ahead(path) and count(path) == 3 and whole(path)
    said = f"other machines may write to a file system of type {name}: jobs are kept in a rollback"
    assert caplog.text.count(said) == 1


def test_from_a_log_to_a_rollback_journal_and_back(path, monkeypatch, caplog):
    left_in_the_log(path)
    for turn, said in enumerate(("rollback", "", "rollback", "wal", "rollback", "auto")):
        monkeypatch.setenv(VARIABLE, said)
        write(path, 1, first=2 + turn)
        assert is_logged_ahead(path) == (said != "rollback")
        assert count(path) == 3 + turn and whole(path)
    assert not caplog.text  # who has chosen it needs no line


def test_the_variable_is_checked_and_is_stronger_than_the_type(path, monkeypatch, mounted):
    monkeypatch.setenv(VARIABLE, "WAL")
    with pytest.raises(InputError) as refused:
        write(path, 1)
    assert str(refused.value) == (
        f"{VARIABLE}: 'WAL', expected wal, rollback or auto (by the file system)"
    )
    assert not path.exists()
    mounted("nfs")
    monkeypatch.setenv(VARIABLE, "wal")
    write(path, 1)
    assert is_logged_ahead(path)


def test_a_log_that_is_wanted_and_refused(log_is_refused, path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "wal")
    with pytest.raises(InputError) as refused:
        write(path, 1)
    assert str(refused.value).endswith(
        f"/journal.sqlite: {VARIABLE} is wal, but SQLite takes no write-ahead log there (no memory "
        "is shared); unset it"
    )


@contextmanager
def opened_elsewhere(path):
    """Another process has it open, with its log."""
    (ready, tell), (wait, end) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        db = sqlite3.connect(path)
        db.execute("SELECT 1 FROM job").fetchall()
        os.write(tell, b"x")
        os.read(wait, 1)
        os._exit(0)
    os.read(ready, 1)
    yield
    os.write(end, b"x")
    os.waitpid(child, 0)


def test_while_another_process_has_it_open_nothing_is_converted(path, monkeypatch, failure):
    write(path, 1)
    monkeypatch.setattr(journal_mode, "PATIENCE", 0.2)
    monkeypatch.setattr(locked_file, "PATIENCE", 0.2)
    monkeypatch.setenv(VARIABLE, "rollback")
    with opened_elsewhere(path):
        assert failure(QfusionError, write, path, 1, first=1).endswith(
            f"/journal.sqlite: its write-ahead log cannot stay ({VARIABLE} says so), and another "
            "process has it open: let that end, then run the same again; nothing is lost"
        )
        with monkeypatch.context() as patch:  # it was converted back after it was looked at
            patch.setattr(locked_file, "is_logged_ahead", lambda path: False)
            assert failure(QfusionError, write, path, 1, first=1).endswith(
                "/journal.sqlite: another process keeps it with a write-ahead log, and this one "
                f"does not ({VARIABLE} says so): set {VARIABLE} for both alike, then run the same "
                "again; nothing is lost"
            )
        assert count(path) == 1
    write(path, 1, first=1)
    assert not is_logged_ahead(path) and count(path) == 2 and whole(path)


@pytest.mark.parametrize("seed", range(5))
def test_killed_while_it_goes_from_one_to_the_other(path, monkeypatch, seed):
    """At any moment, again and again: what was written is there, and the journal is whole."""
    dice, there = random.Random(seed), 1
    write(path, 1)
    for _ in range(8):
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            for number in range(there, there + 1000):
                os.environ[VARIABLE] = ("rollback", "wal")[number % 2]
                write(path, 1, first=number)
                os.write(tell, b"x")
        os.close(tell)
        time.sleep(dice.uniform(0, 0.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(told, "rb") as pipe:
            written = there + len(pipe.read())
        monkeypatch.setenv(VARIABLE, dice.choice(("rollback", "wal")))
        there = count(path)
        assert there in (written, written + 1)
        assert whole(path)
    assert there > 1


def half_written(path):
    """A journal whose writer was killed within a transaction, after it had changed the file."""
    write(path, 1)
    if os.fork() == 0:
        with writing(Journal(path.parent)) as db:
            db.execute("PRAGMA cache_size = 1")  # so that pages are written before the end
            db.execute("UPDATE measurement SET state = hex(zeroblob(100000))")
            os.kill(os.getpid(), signal.SIGKILL)
    os.wait()
    assert Path(f"{path}-journal").stat().st_size


def test_what_was_half_written_is_undone_and_a_list_changes_nothing(path, monkeypatch, shell):
    monkeypatch.setenv(VARIABLE, "rollback")
    half_written(path)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    code, out, error = shell("jobs", path.parent, "--json")
    assert code == 0, error
    assert '"open"' in out
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before
    monkeypatch.delenv(VARIABLE)  # whoever comes next, in whichever mode
    write(path, 1, first=1)
    assert [row["state"] for row in Journal(path.parent).measurements()] == ["open", "open"]
    assert is_logged_ahead(path) and whole(path)


@pytest.mark.parametrize("left", ["-wal", "-journal"])
def test_what_is_left_of_a_journal_that_is_gone_is_not_taken_for_anothers(
    path, monkeypatch, left, failure
):
    if left == "-journal":
        monkeypatch.setenv(VARIABLE, "rollback")
        half_written(path)
    else:
        left_in_the_log(path)
    path.unlink()
    assert failure(InputError, write, path, 1).endswith(
        f"/journal.sqlite: is gone, and journal.sqlite{left} of it is left; jobs of it may be at "
        "the provider, tagged qf-...: restore a copy, or move it away"
    )
    assert not path.exists()


def test_where_locks_keep_nobody_out_nothing_is_sent(
    measure, machine, path, monkeypatch, failure, shell
):
    """SQLite's own way without locks: another process could write, and that is tried."""
    use("unix-none", monkeypatch.setattr)
    said = failure(QfusionError, measure)
    assert said.endswith(
        "/journal.sqlite: locks keep no other process out there (it could write, too), so nothing "
        "is sent; copy the run to another disk"
    )
    assert not machine.requests
    assert count(path) == 0  # it can be read
    assert shell("jobs", path.parent)[0] == 0


def test_where_locks_keep_nobody_out_the_log_of_another_process_stays(path, monkeypatch):
    """It may be committing to it: what it wrote would be gone."""
    write(path, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        use("unix-none", monkeypatch.setattr)
        with pytest.raises(QfusionError, match="locks keep no other process out there"):
            write(path, 1, first=1)
        assert is_logged_ahead(path)
        assert Path(f"{path}-wal").exists()
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".")] == []


def test_threads_do_not_end_each_others_locks_on_the_totals(mounted, tmp_path, monkeypatch):
    """POSIX locks end when any descriptor of the file is closed."""
    mounted("nfs4")
    monkeypatch.setattr(totals, "not_kept_out", lambda path: "")
    totals.settle_of_all({})  # makes the file
    file = tmp_path / "state" / "qfusion" / "spending.sqlite"
    with locks.alone(file), closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        other = threading.Thread(target=totals.total_of, args=["paid"])
        other.start()
        time.sleep(0.2)
        assert other.is_alive()  # it waits
        assert locks.not_kept_out(file) == ""
        db.execute("ROLLBACK")
    other.join()


def test_without_locks_of_the_system_nothing_is_sent_or_waited_for(
    measure, machine, path, monkeypatch, failure
):
    values = measure()
    sent = len(machine.requests)
    monkeypatch.setenv(VARIABLE, "rollback")

    def none_available(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", none_available)
    assert (measure() == values).all()  # it can be read, in a copy
    assert "(No locks available), so nothing is sent" in failure(QfusionError, measure, again=True)
    path.unlink()
    assert "(No locks available), so nothing is sent" in failure(QfusionError, measure)
    assert len(machine.requests) == sent
    assert not list(path.parent.glob(".journal*"))


def test_a_process_that_cannot_be_started_keeps_nobody_out(path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "rollback")
    monkeypatch.setattr("sys.executable", str(path.parent / "no python"))
    with pytest.raises(
        QfusionError, match=r"\(another process cannot be tried: No such file .*so nothing is"
    ):
        write(path, 1)


def test_locks_are_tried_once_by_a_process_and_not_on_a_disk_of_its_own(path, monkeypatch):
    tried = []
    monkeypatch.setattr(locked_file, "not_kept_out", lambda path: tried.append(path) or "")
    write(path, 1)
    assert not tried
    monkeypatch.setenv(VARIABLE, "rollback")
    journal = Journal(path.parent)
    for number in range(3):
        journal.open(MeasurementIdentity("test", f"again {number}", "paid", "toy", ""), again=False)
    (beside,) = tried  # of the journal, which had a log, and was converted
    assert beside.parent.parent == path.parent and not beside.exists()
    write(path.with_name("other") / path.name, 2)
    assert tried[1:] == [path.with_name("other") / path.name] * 2  # each write is of a new object


def test_a_total_where_locks_keep_nobody_out_holds_no_budget(
    measure, machine, mounted, monkeypatch, failure, caplog
):
    """But where there is none over all runs, it is in nobody's way."""
    mounted("nfs4")
    monkeypatch.setattr(
        "qfusion_core.remote.journal.sqlite.totals.not_kept_out", lambda path: "it could write, too"
    )
    said = failure(InputError, measure, budget=Budget(max_jobs_total=5))
    assert said.endswith(
        "/spending.sqlite: locks keep no other process out there (it could write, too), so the "
        "budget over all runs of queue cannot be held; nothing was sent"
    )
    assert not machine.jobs
    measure(budget=Budget(max_jobs=5))
    assert len(machine.jobs) == 3
