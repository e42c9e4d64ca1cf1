"""Journals that somebody changed: never a number of theirs, and one plain line or a list."""

import contextlib
import shutil
import sqlite3
from contextlib import closing

import pytest
import torch

from qfusion_core import Circuit, Price, Range, Result, tiles
from qfusion_core.remote.journal.adoption import adopt_jobs
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import CallId, PlannedJob
from qfusion_core.remote.journal.sealing import seal
from qfusion_core.remote.machine.job import Call
from qfusion_core.storage.user_key import keys
from support.fuzz.mutations import damage_bytes
from support.fuzz.oracle import command, outcome

pytestmark = pytest.mark.usefixtures("outside")
ABOUT = MeasurementIdentity("test", "", "paid", "toy", "")
TABLES = ("measurement", "circuit", "call", "job", "job", "session", "seal")
CELLS = (
    None, -1, 0, 1, 2**63 - 1, -(2**63), 1.5, float("inf"), -1e9, 1e300, "", "nan", "\x1b[31mred",
    "a\nb", "[/]", "null", "[0]", "{}", "[1e999]", '{"usd": NaN}', "[" * 5000, "done", "intent",
    "submitted", "failed", b"", b"\xff", b"\x00" * 24, b"\x7f" * 8, "x" * 100_000, "\u202e",
    "é" * 90,
    "99999999999999999999", "2001-99-99", "../../etc", "qf-1-2-3",
)  # fmt: skip
STATEMENTS = (
    "DELETE FROM {table} WHERE rowid = {row}", "DELETE FROM {table}",
    "UPDATE {table} SET rowid = rowid + 100 WHERE rowid = {row}",
    "INSERT INTO circuit VALUES ('{row}', '{{}}')", "INSERT INTO seal SELECT * FROM seal",
    "ALTER TABLE {table} ADD COLUMN more", "ALTER TABLE {table} RENAME TO was",
    "ALTER TABLE job ADD COLUMN more AS (hex(zeroblob(1000000))) VIRTUAL", "DROP TABLE {table}",
    "CREATE INDEX mine ON job (hex(number))", "CREATE TABLE mine (a)",
    "CREATE VIEW mine AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
    " SELECT x FROM n",
    "CREATE TRIGGER mine AFTER UPDATE ON job BEGIN DELETE FROM job; END",
    "PRAGMA user_version = {row}", "PRAGMA user_version = -1", "PRAGMA encoding = 'UTF-16'",
    "PRAGMA auto_vacuum = 1", "VACUUM", "PRAGMA page_size = 512", "PRAGMA journal_mode = DELETE",
    "PRAGMA writable_schema = ON",
    "UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'BLOB') WHERE name = '{table}'",
    "UPDATE sqlite_master SET rootpage = {row} WHERE name = '{table}'",
)  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A journal of a call of three jobs, one done, and another call that is; with its key."""
    folder = tmp_path_factory.mktemp("journals")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.delenv("QFUSION_JOURNAL_KEY", raising=False)
        journal = Journal(folder)
        circuit = Circuit(1, (), 0, 0)
        price = Price(2, 20, 1, Range(1, 5), Range(2, 4))
        name = journal.open(ABOUT, again=False)
        for number, done in enumerate((1, 3)):
            call = Call(circuit, torch.zeros(3, 0).double(), ("Z",))
            plan = enumerate(tiles(circuit, call.angles, call.observables, rows=1))
            at = CallId(name, number)
            planned = [PlannedJob(n, job, price, "paid") for n, job in plan]
            journal.write(at, call, planned, {"paid": None})
            for entry in journal.jobs.of(at)[:done]:
                journal.jobs.submitted(entry.key, f"job-{entry.key}")
                journal.jobs.done(entry.key, Result(torch.tensor([[0.5]]), b"raw"))
    return folder, name


@pytest.fixture
def copy(written, tmp_path, monkeypatch):
    """A folder with a fresh copy of it each time that it is called."""
    folder, _ = written
    shutil.copytree(folder / "state", tmp_path / "state")
    run = tmp_path / "run"

    def _copy():
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir()
        shutil.copy(folder / "journal.sqlite", run)
        return run

    return _copy


def change(path, random, sealed):
    """Cells, rows and tables; with the user's own seal over them, as a fault of ours could."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("PRAGMA ignore_check_constraints = ON")
        for _ in range(random.choice([1, 1, 2, 3])):
            table = random.choice(TABLES)
            with contextlib.suppress(sqlite3.Error):
                rows = [row for (row,) in db.execute(f"SELECT rowid FROM {table}")] or [0]
                row, statement = random.choice(rows), random.choice(STATEMENTS)
                if random.random() < 0.75:
                    names = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
                    asked = f'UPDATE {table} SET "{random.choice(names)}" = ? WHERE rowid = ?'
                    db.execute(asked, (random.choice(CELLS), row))
                else:
                    db.execute(statement.format(table=table, row=row))
        if sealed:
            with contextlib.suppress(sqlite3.Error):
                seal.write_seal(db, "j", keys()[0], seal.digests_of(db))


def read(run, name, seed):
    """All that is read of a journal: whose it is, the list, the calls and the values."""
    journal = Journal(run)
    outcome(seed, lambda: Journal(run, to_show=True).measurements())
    outcome(seed, journal.check)
    found = []
    for number in range(2):
        at = CallId(name, number)
        call = outcome(seed, journal.call, at).value
        values = None if call is None else outcome(seed, journal.values, at, call).value
        found.append(None if values is None else values.flatten().tolist())
    outcome(seed, journal.spent, "paid")
    outcome(seed, lambda: journal.open(ABOUT, again=False))
    for entry in outcome(seed, journal.jobs.all).value or ():
        outcome(seed, journal.jobs.raw, entry.key)
    return found


def foreign(seed, run):
    """Whether nothing of it is used: it is somebody else's, or no journal."""
    standing = outcome(seed, Journal(run).standing).value
    return standing is None or standing.kind == "foreign"


def test_a_journal_that_was_changed_is_used_only_where_nothing_was(
    rounds, copy, written, monkeypatch
):
    _, name = written
    for seed, random in rounds(15):
        run = copy()
        path = run / "journal.sqlite"
        if random.random() < 0.5:
            change(path, random, sealed=False)
        else:
            path.write_bytes(damage_bytes(path.read_bytes(), random))
        with monkeypatch.context() as patch:
            if random.random() < 0.2:
                patch.setenv("QFUSION_JOURNAL_KEY", "another key of at least 32 letters")
            theirs = foreign(seed, run)
            assert read(run, name, seed)[1] in ((None,) if theirs else ([0.5] * 3, None)), seed


def test_our_own_seal_over_what_cannot_be(rounds, copy, written, capsys):
    _, name = written
    for seed, random in rounds(15):
        run = copy()
        change(run / "journal.sqlite", random, sealed=True)
        read(run, name, seed)
        if random.random() < 0.2:
            verb = random.choice([(), ("resume",), ("cancel",), ("forget",), ("adopt", "--yes")])
            command(capsys, seed, "jobs", *verb, run, *(["x"] if verb == ("forget",) else []))
            command(capsys, seed, "jobs", run, "--json")


def test_what_is_adopted_is_read_or_refused(rounds, copy, written):
    _, name = written
    for seed, random in rounds(15):
        run = copy()
        change(run / "journal.sqlite", random, sealed=False)
        taken = outcome(seed, adopt_jobs, [run])
        if taken.said is None:
            assert not foreign(seed, run), seed
            journal = Journal(run)
            assert outcome(seed, journal.check).said is None, seed
        read(run, name, seed)
