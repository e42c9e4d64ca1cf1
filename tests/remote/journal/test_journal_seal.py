"""A journal that was changed, or comes from somewhere else, is listed, and nothing else."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qfusion_core import Circuit, InputError, Price, QfusionError, Range, Result, tiles
from qfusion_core.remote.journal.adoption import adopt_jobs
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.rows.lease import new_owner
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import CallId, PlannedJob
from qfusion_core.remote.journal.sealing import seal
from qfusion_core.remote.machine.job import Call
from support.journals import writing

ABOUT = MeasurementIdentity("test", "", "paid", "toy", "")
SEALED = ("measurement", "circuit", "call", "job")


def write(folder, jobs=3):
    """A journal with a call of some jobs, of which the first is done; the keys."""
    circuit = Circuit(1, (), 0, 0)
    call = Call(circuit, torch.zeros(jobs, 0).double(), ("Z",))
    folder.mkdir(exist_ok=True)
    journal = Journal(folder)
    at = CallId(journal.open(ABOUT, again=False), 0)
    price = Price(2, 20, 1, Range(1, 5), Range(2, 4))
    plan = enumerate(tiles(circuit, call.angles, call.observables, rows=1))
    journal.write(at, call, [PlannedJob(n, job, price, "paid") for n, job in plan], {"paid": None})
    keys = [entry.key for entry in journal.jobs.all()]
    journal.jobs.submitted(keys[0], "job-0")
    journal.jobs.done(keys[0], Result(torch.tensor([[0.5]]), b"raw"))
    return journal, keys


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A sealed journal in a file of its own, with the key's directory."""
    folder = tmp_path_factory.mktemp("sealed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.delenv("QFUSION_JOURNAL_KEY", raising=False)
        journal, _ = write(folder)
    return folder / "state", journal.path


def plain(path):
    """A connection of somebody who knows nothing of seals."""
    return closing(sqlite3.connect(path, isolation_level=None))


def cells(path):
    with plain(path) as db:
        for table in SEALED:
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            for (rowid,) in db.execute(f"SELECT rowid FROM {table}").fetchall():
                yield from ((table, rowid, name) for name in names)


VALUES = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=5),
    st.binary(max_size=16), st.sampled_from(["done", "intent", "finished", b"", "", 0, 0.0, 1]),
)  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_any_change_of_a_cell_is_noticed(sealed, data):
    state, path = sealed
    table, rowid, name = data.draw(st.sampled_from(list(cells(path))))
    value = data.draw(VALUES)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("XDG_STATE_HOME", str(state))
        copy = Path(shutil.copy(path, folder))
        asked = f'SELECT "{name}", typeof("{name}") FROM {table} WHERE rowid = ?'
        with plain(copy) as db:
            db.execute("PRAGMA ignore_check_constraints = ON")
            before = db.execute(asked, (rowid,)).fetchone()
            try:
                db.execute(f'UPDATE {table} SET "{name}" = ? WHERE rowid = ?', (value, rowid))
            except (sqlite3.IntegrityError, UnicodeEncodeError):
                return  # no SQLite file holds it
            after = db.execute(asked, (rowid,)).fetchone()
        try:
            noticed = Journal(Path(folder)).standing().kind == "foreign"
        except InputError:  # no journal at all: an amount is negative
            noticed = True
        assert noticed == (repr(before) != repr(after))


@settings(max_examples=30)
@given(st.data())
def test_any_row_that_is_missing_added_or_moved_is_noticed(sealed, data):
    state, path = sealed
    change = data.draw(
        st.sampled_from(
            [
                "DELETE FROM {table} WHERE rowid = {row}",
                "UPDATE {table} SET rowid = rowid + 100 WHERE rowid = {row}",
                "INSERT INTO circuit VALUES ('{row}', '')",
                "DELETE FROM {table}",
                "DELETE FROM seal",
                "INSERT INTO seal SELECT * FROM seal",
                "UPDATE seal SET journal = '{row}'",
                "UPDATE seal SET tag = '{row}'",
                "ALTER TABLE {table} ADD COLUMN more",
                "CREATE INDEX mine ON job (state)",
                "CREATE VIEW mine AS SELECT 1",
                "CREATE TRIGGER mine AFTER INSERT ON job BEGIN DELETE FROM job; END",
                "CREATE TABLE mine (a)",
                "DROP TABLE circuit",
                "PRAGMA user_version = 3",
            ]
        )
    )
    row, table = data.draw(st.integers(1, 3)), data.draw(st.sampled_from(SEALED))
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("XDG_STATE_HOME", str(state))
        copy = Path(shutil.copy(path, folder))
        with plain(copy) as db:
            gone = change.startswith(("DELETE FROM {", "UPDATE {")) and "WHERE" in change
            there = f"SELECT 1 FROM {table} WHERE rowid = {row}"
            same = gone and db.execute(there).fetchone() is None
            db.execute(change.format(row=row, table=table))
        journal = Journal(Path(folder))
        if same:
            assert journal.standing().kind == "own"
            return
        with pytest.raises(InputError) as refused:
            journal.jobs.all()
        assert len(str(refused.value)) < 300
        with pytest.raises(InputError):
            journal.set_state("any", "finished")


def test_a_change_by_another_is_noticed_by_a_process_at_work(tmp_path):
    """It has looked at all of it before, and does not again, as long as the file is the same."""
    journal, keys = write(tmp_path)
    assert journal.jobs.claim(keys[1], new_owner())
    with plain(journal.path) as db:
        db.execute("UPDATE job SET usd = 0")
    with pytest.raises(InputError, match="changed since it was sealed"):
        journal.spent("paid")
    with pytest.raises(InputError, match="changed since it was sealed"):
        journal.jobs.claim(keys[1], new_owner())


def test_two_processes_write_in_turn(tmp_path):
    first, keys = write(tmp_path)
    second = Journal(tmp_path)
    for turn in range(3):
        for journal, key in ((first, keys[1]), (second, keys[2])):
            assert journal.jobs.claim(key, f"elsewhere/{turn}/abcd") is not None
            journal.jobs.let_go(key)
            assert journal.standing().kind == "own"
    first.jobs.submitted(keys[1], "job-1")
    assert second.jobs.all()[1].job_id == "job-1"
    assert Journal(tmp_path).standing().kind == "own"


def test_what_was_not_touched_is_not_read_again(tmp_path, monkeypatch):
    """A poll must not cost a digest of all that a journal holds."""
    journal, keys = write(tmp_path)
    renewed, written = seal.renewed, []

    def watched(db, digests, touched):
        written.append(set(touched))
        return renewed(db, digests, touched)

    monkeypatch.setattr(seal, "renewed", watched)
    monkeypatch.setattr(seal, "digests_of", lambda db: pytest.fail("all of it was read"))
    journal.jobs.all()
    journal.spent("paid")
    assert not written
    journal.jobs.claim(keys[1], new_owner())
    assert [{table for table, _ in touched} for touched in written] == [{"job"}]
    assert len(written[0]) == 1  # the row that it wrote


def test_a_transaction_that_is_undone_leaves_the_seal(tmp_path):
    journal, keys = write(tmp_path)
    with pytest.raises(RuntimeError), writing(journal) as db:
        db.execute("DELETE FROM job")
        raise RuntimeError
    assert len(journal.jobs.all()) == 3
    assert journal.jobs.claim(keys[1], new_owner())


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from qfusion_core.remote.journal.journal import Journal

folder, key, connect, left = Path(sys.argv[1]), sys.argv[2], sqlite3.connect, 0

def die(statement):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def watched(*arguments, **options):
    db = connect(*arguments, **options)
    db.set_trace_callback(die)
    return db

sqlite3.connect = watched
whole = (folder / "journal.sqlite").read_bytes()
for left in range(1, 1000):
    run = folder / str(left)
    run.mkdir()
    (run / "journal.sqlite").write_bytes(whole)
    child = os.fork()
    if child == 0:
        Journal(run).jobs.submitted(key, "job-1")
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
"""


def test_killed_at_every_statement_of_a_transaction(forks, tmp_path):
    """The rows and their seal are one: whoever comes next has both, of before or of after."""
    _, keys = write(tmp_path)
    done = forks.run(tmp_path, keys[1], code=KILLED)
    assert done.returncode == 0, done.stderr
    runs = sorted((run for run in tmp_path.iterdir() if run.name.isdecimal()), key=_number)
    states = []
    for run in runs:
        journal = Journal(run)
        states.append(journal.jobs.all()[1].state)
        journal.jobs.submitted(keys[2], "job-2")
        assert journal.standing().kind == "own", f"killed at statement {run.name}"
    assert len(runs) > 20
    assert states == sorted(states)  # intent, then submitted
    assert {"intent", "submitted"} == set(states)


def _number(run):
    return int(run.name)


def test_a_copy_is_the_users_own_and_a_foreign_key_is_not(tmp_path, monkeypatch):
    write(tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    assert Journal(tmp_path / "copy").standing().kind == "own"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of somebody else"))
    journal = Journal(tmp_path / "run")
    assert journal.standing().why == "sealed with another key than yours, or yours is lost"
    with pytest.raises(InputError) as refused:
        journal.open(ABOUT, again=False)
    assert str(refused.value).endswith(
        "journal.sqlite: sealed with another key than yours, or yours is lost: nothing is sent, "
        "and no value of it is used; its jobs may be at the provider: look with `qfusion jobs "
        "list RUN`, then take it over with `qfusion jobs adopt RUN`"
    )
    assert len(Journal(tmp_path / "run", to_show=True).jobs.all()) == 3


def test_the_variable_signs_and_the_key_of_the_file_still_verifies(tmp_path, monkeypatch):
    journal, keys = write(tmp_path)
    secret = "of both machines " + "0" * 32
    monkeypatch.setenv("QFUSION_JOURNAL_KEY", secret)
    assert journal.jobs.claim(keys[1], new_owner())  # now sealed with the variable's
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "the other machine"))
    assert Journal(tmp_path).standing().kind == "own"
    assert not (tmp_path / "the other machine").exists()
    monkeypatch.delenv("QFUSION_JOURNAL_KEY")
    assert Journal(tmp_path).standing().kind == "foreign"
    assert secret.encode() not in journal.path.read_bytes()


@pytest.mark.parametrize("key", ["short", "x" * 31])
def test_a_short_key_is_refused_and_not_shown(tmp_path, monkeypatch, key):
    monkeypatch.setenv("QFUSION_JOURNAL_KEY", key)
    with pytest.raises(InputError) as refused:
        Journal(tmp_path).open(ABOUT, again=False)
    assert str(refused.value) == (
        f"QFUSION_JOURNAL_KEY: a key of {len(key)} bytes, expected at least 32; make one with "
        "`openssl rand -hex 32`"
    )
    assert not (tmp_path / "journal.sqlite").exists()


def test_without_a_place_for_a_key_nothing_is_sent(measure, machine, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"so nothing is sent; .*set QFUSION_JOURNAL_KEY to a"):
        measure()
    assert not machine.requests
    assert not (tmp_path / "run" / "journal.sqlite").exists()
    monkeypatch.setenv("QFUSION_JOURNAL_KEY", "k" * 32)
    assert measure().shape == (3, 3)


@pytest.mark.parametrize("content", [b"", b"k" * 31])
def test_a_key_that_is_cut_short_is_refused(tmp_path, content):
    write(tmp_path)
    key = tmp_path / "state" / "qfusion" / "journal.key"
    key.write_bytes(content)
    with pytest.raises(InputError, match=f"{len(content)} bytes, expected a key of 32"):
        Journal(tmp_path).jobs.all()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_key_that_others_can_read_or_that_is_a_link_is_refused(tmp_path):
    write(tmp_path)
    key = tmp_path / "state" / "qfusion" / "journal.key"
    key.chmod(0o640)
    with pytest.raises(InputError, match="read by nobody else; `chmod 600` it if"):
        Journal(tmp_path).jobs.all()
    key.chmod(0o600)
    moved = key.rename(tmp_path / "key")
    key.symlink_to(moved)
    with pytest.raises(InputError, match="is a link"):
        Journal(tmp_path).jobs.all()


def test_where_the_variable_has_a_key_the_file_need_not_be_one(tmp_path, monkeypatch):
    """A state directory that came with a container, say, belongs to somebody else."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    write(tmp_path / "run")
    key = tmp_path / "state" / "qfusion" / "journal.key"
    key.chmod(0o644)
    monkeypatch.setenv("QFUSION_JOURNAL_KEY", "k" * 32)
    journal, _ = write(tmp_path / "other")
    assert journal.standing().kind == "own"
    assert Journal(tmp_path / "run").standing().kind == "foreign"


def test_processes_that_make_a_key_at_once_have_the_same(tmp_path):
    said = "from qfusion_core.storage.user_key import keys; print(keys(create=True)[0].hex())"
    command = [sys.executable, "-c", said]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    keys = {process.communicate()[0] for process in running}
    assert len(keys) == 1
    assert len(bytes.fromhex(keys.pop())) == 32
    assert [path.name for path in (tmp_path / "state" / "qfusion").iterdir()] == ["journal.key"]


def test_adopting_what_is_the_users_own_changes_nothing(tmp_path):
    journal, _ = write(tmp_path)
    before = journal.path.read_bytes()
    assert adopt_jobs([tmp_path]) == []
    assert journal.path.read_bytes() == before


def test_a_thread_that_reads_does_not_end_the_locks_of_one_that_writes(tmp_path):
    """Else another process takes the file for unused, and deletes the log that is written to."""
    journal, _ = write(tmp_path / "run")
    reader = threading.Thread(target=Journal(tmp_path / "run").measurements)
    visit = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT 1 FROM job')"
    )
    with writing(journal) as db:
        db.execute("UPDATE measurement SET verb = 'other'")
        reader.start()
        reader.join(0.3)
        subprocess.run([sys.executable, "-c", f"{visit}; db.close()", journal.path], check=True)
        assert Path(f"{journal.path}-wal").exists()
    reader.join()


def test_what_changes_between_the_look_and_the_word_is_not_adopted(tmp_path, monkeypatch):
    journal, keys = write(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of somebody else"))

    def approve(offer):
        assert offer.spent["paid"].usd == 12
        with plain(journal.path) as db:
            db.execute("UPDATE job SET usd = 0")

    with pytest.raises(InputError, match="has changed since it was shown; look again"):
        adopt_jobs([tmp_path], approve)
    with pytest.raises(QfusionError):
        Journal(tmp_path).jobs.claim(keys[1], new_owner())
