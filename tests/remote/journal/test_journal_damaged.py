"""Whatever lies where a journal should be: one plain line, or a list; never a number of it."""

import contextlib
import gzip
import os
import random
import select
import shutil
import signal
import sqlite3
import struct
import time
from contextlib import closing
from pathlib import Path

import pytest

from machine import Machine
from qfusion_core import InputError
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.sealing import seal
from qfusion_core.remote.journal.sqlite import file
from qfusion_core.remote.journal.sqlite.schema import create
from qfusion_core.storage.user_key import keys as user_keys
from support import keys
from support.seeds import seeds

OLD = Path(__file__).with_name("journals") / "version-3.sqlite.gz"
VALUES = (
    None, -1, 2**63 - 1, -(2**63), 0, 1.5, float("inf"), -1e9, 1e300, "", "nan", "\x1b[31mred",
    "a\nb", "[/]", "null", "[0]", "{}", "[1e999]", '{"usd": NaN}', "done", "intent", "submitted",
    b"", b"\xff", b"\x00" * 24, "x" * 100_000, "99999999999999999999", "2001-99-99",
)  # fmt: skip


@pytest.fixture(scope="module")
def machine():
    """One for all tests, at one address: a measurement is of an address."""
    machine = Machine(token=keys.QUEUE)
    with machine.running() as machine.url:
        yield machine


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Where the first test keeps the measurement, and the key that it is sealed with."""
    return tmp_path_factory.mktemp("measured")


@pytest.fixture
def run(own, shell, measured, tmp_path):
    """A run with a journal: a measurement of three jobs, all done."""
    backends = tmp_path / "backends.yaml"
    backends.write_text(backends.read_text().replace("rows_per_job: 50", "rows_per_job: 10"))
    pairs = ((own, measured / "run"), (tmp_path / "state", measured / "state"))
    if not (measured / "state").exists():
        code, _, error = shell("evaluate", own, "--backend", "queue", "--samples", "30", "--yes")
        assert code == 0, error
        for here, kept in pairs:
            shutil.copytree(here, kept)
    else:
        for here, kept in pairs:
            shutil.copytree(kept, here, dirs_exist_ok=True)
    return own


@pytest.fixture
def refused(shell, machine, tmp_path):
    """Every verb, on a run: one line below 300 characters and exit 2, or a list."""

    def _refused(folder, accepted=(2,)):
        before, asked = len(machine.jobs), len(machine.requests)
        lines = []
        for words in (
            ("jobs", folder), ("jobs", folder, "--json"), ("jobs", "resume", folder),
            ("jobs", "cancel", folder), ("jobs", "forget", folder, "0123456789abcdef"),
            ("evaluate", folder, "--backend", "queue", "--samples", "30", "--yes"),
        ):  # fmt: skip
            began = time.monotonic()
            code, out, error = shell(*words)
            assert time.monotonic() - began < 10
            assert "\x1b" not in out + error
            assert "Traceback" not in error
            if code == 0 and (len(words) < 4 and words[1] == folder):
                continue
            lines.append(error)
            assert code in accepted, (words, code, out, error)
            assert not code or error.count("\n") == 1, error
            assert len(error) < 300, (len(error), error)
        assert len(machine.jobs) == before
        assert len(machine.requests) == asked
        return lines

    return _refused


def plain(path):
    return closing(sqlite3.connect(path, isolation_level=None))


def test_an_empty_journal_is_refused_and_says_where_jobs_may_be(own, refused):
    path = own / "journal.sqlite"
    path.touch()
    line = refused(own)[0]
    assert "empty, which no journal ever is; jobs of it may be at the provider, tagged qf-" in line
    assert path.read_bytes() == b""
    assert not (own / "journal.sqlite-wal").exists()


@pytest.mark.parametrize("target", ["empty", "absent", "journal", "/dev/zero"])
def test_a_journal_that_is_a_link_is_refused_and_its_target_left_alone(
    own, refused, tmp_path, target
):
    aim = Path(target) if target.startswith("/") else tmp_path / "elsewhere"
    if target == "empty":
        aim.touch()
    elif target == "journal":
        aim.write_bytes(gzip.decompress(OLD.read_bytes()))
    before = aim.read_bytes() if aim.is_file() else None
    (own / "journal.sqlite").symlink_to(aim)
    assert "is a link" in refused(own)[0]
    assert (aim.read_bytes() if aim.is_file() else None) == before
    assert not list(tmp_path.glob("elsewhere-*"))


@pytest.mark.parametrize("beside", ["-wal", "-shm", "-journal"])
def test_what_lies_beside_a_journal_is_not_followed(run, refused, tmp_path, beside):
    (tmp_path / "mine").write_bytes(b"dear diary")
    (run / f"journal.sqlite{beside}").symlink_to(tmp_path / "mine")
    refused(run)
    assert (tmp_path / "mine").read_bytes() == b"dear diary"


def test_a_file_that_sqlite_would_obey_is_refused(run, refused):
    """It names another one, which SQLite may delete."""
    magic, name = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", bytes(run.parent / "mine")
    begin = (magic + struct.pack(">IIIII", 0, 0, 1, 512, 4096)).ljust(512, b"\0")
    naming = struct.pack(">I", 2**30 // 4096 + 1) + name + struct.pack(">II", len(name), sum(name))
    (run / "journal.sqlite-journal").write_bytes(begin + naming + magic)
    (run.parent / "mine").touch()
    before = (run / "journal.sqlite").read_bytes()
    assert "names another file, which no journal of qfusion does; move it away" in refused(run)[0]
    assert (run.parent / "mine").exists()
    assert (run / "journal.sqlite").read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs")
def test_a_pipe_is_not_waited_for(own, refused):
    os.mkfifo(own / "journal.sqlite")
    assert "no regular file" in refused(own)[0]


@pytest.mark.parametrize(
    "statements",
    [
        (
            "ALTER TABLE measurement RENAME TO was",
            "CREATE VIEW measurement AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1"
            " FROM n) SELECT x AS id, x AS verb FROM n",
        ),
        ("CREATE TRIGGER mine AFTER UPDATE ON job BEGIN DELETE FROM job; END",),
        ("CREATE INDEX mine ON job (hex(number))",),
        ("ALTER TABLE job ADD COLUMN more TEXT AS (hex(zeroblob(1000000))) VIRTUAL",),
        ("DROP TABLE circuit", "CREATE VIRTUAL TABLE circuit USING rtree(id, a, b)"),
        ("DROP TABLE call",),
        ("ALTER TABLE job DROP COLUMN reason",),
        ("DROP TABLE circuit", "CREATE TABLE circuit (digest PRIMARY KEY, json) WITHOUT ROWID"),
        ("CREATE TABLE mine (a)",),
        ("PRAGMA user_version = 0",),
        ("PRAGMA user_version = 7",),
        ("PRAGMA user_version = -1",),
    ],
)
@pytest.mark.parametrize("version", [3, 4])
def test_tables_that_no_journal_has(run, refused, statements, version):
    path = run / "journal.sqlite"
    if version == 3:
        path.write_bytes(gzip.decompress(OLD.read_bytes()))
    with plain(path) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            db.execute(statement)
    refused(run)


def cut(raw, dice):
    return raw[: dice.randrange(len(raw))]


def flipped(raw, dice):
    changed = bytearray(raw)
    for _ in range(dice.randrange(1, 20)):
        changed[dice.randrange(100, len(raw))] = dice.randrange(256)
    return bytes(changed)


def zeroed(raw, dice):
    page = 4096 * dice.randrange(len(raw) // 4096)
    return raw[:page] + bytes(4096) + raw[page + 4096 :]


@pytest.mark.parametrize("change", [cut, flipped, zeroed])
@pytest.mark.parametrize("seed", seeds(3, usual=2))
def test_bytes_that_were_lost_or_changed(run, refused, change, seed):
    path, dice = run / "journal.sqlite", random.Random(seed)
    path.write_bytes(change(path.read_bytes(), dice))
    refused(run, accepted=(0, 2))  # a page may be one of which nothing is missed


def mutate(path, dice, *, sealed):
    """Change a few cells; with the user's own seal over it, as a fault of ours could."""
    with plain(path) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("PRAGMA ignore_check_constraints = ON")
        for _ in range(dice.randrange(1, 4)):
            table = dice.choice(["measurement", "circuit", "call", "job", "job"])
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            rows = [row for (row,) in db.execute(f"SELECT rowid FROM {table}")]
            name, row, value = dice.choice(names), dice.choice(rows or [0]), dice.choice(VALUES)
            with contextlib.suppress(sqlite3.IntegrityError):
                if dice.random() < 0.1:
                    db.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
                else:
                    db.execute(f'UPDATE {table} SET "{name}" = ? WHERE rowid = ?', (value, row))
        if sealed:
            seal.write_seal(db, "j", user_keys()[0], seal.digests_of(db))


@pytest.mark.parametrize("seed", seeds(10, usual=4))
def test_cells_of_a_foreign_journal(own, refused, seed):
    path = own / "journal.sqlite"
    path.write_bytes(gzip.decompress(OLD.read_bytes()))
    mutate(path, random.Random(seed), sealed=False)
    refused(own)


@pytest.mark.parametrize("seed", seeds(8, usual=4))
def test_cells_under_a_seal_that_holds(run, shell, seed):
    """As a fault of ours could write them: still one line, or a list, and no traceback."""
    mutate(run / "journal.sqlite", random.Random(seed), sealed=True)
    for words in (
        ("jobs", run), ("jobs", run, "--json"), ("jobs", "resume", run), ("jobs", "cancel", run),
        ("evaluate", run, "--backend", "queue", "--samples", "30", "--yes"),
    ):  # fmt: skip
        code, _, error = shell(*words)
        assert code in (0, 2), (words, code, error)
        assert "unexpected" not in error
        assert not code or len(error.splitlines()[-1]) < 300


def test_one_who_holds_the_journal_is_named_and_no_disk_blamed(run, shell, monkeypatch, tmp_path):
    """A process that was stopped inside a transaction."""
    monkeypatch.setattr("qfusion_core.remote.journal.sqlite.file._WAIT", 0.05)
    with plain(run / "journal.sqlite") as other:
        other.execute("BEGIN IMMEDIATE")
        assert shell("jobs", run)[0] == 0  # who only looks does not wait
        code, _, error = shell(
            "evaluate", run, "--backend", "queue", "--samples", "30", "--yes", "--again"
        )
    assert code == 1
    assert error.splitlines()[-1].endswith(
        "/journal.sqlite: another process has held the journal for 0 s; if it is "
        "stopped, let it go on or end it, then run the same again: no job is lost"
    )


READ_WHILE = """
import sys
from pathlib import Path
from qfusion_core.remote.journal.journal import MeasurementIdentity, Journal
journal = Journal(Path(sys.argv[1]))
for n in range(30):
    journal.open(MeasurementIdentity("test", str(n), "paid", "toy", ""), again=False)
"""


def test_a_list_beside_a_process_that_writes(tmp_path, shell, forks):
    writer = forks.talk(tmp_path, code=READ_WHILE)
    seen = 0
    while not select.select([writer.stdout], [], [], 0.01)[0]:  # until it ends, without a word
        if (tmp_path / "journal.sqlite").exists():
            code, _, error = shell("jobs", tmp_path)
            assert code == 0, error
            seen += 1
    assert writer.communicate() == ("", 0)
    assert seen
    assert not list(tmp_path.glob(".journal*"))


def test_a_log_that_was_left_is_read_where_it_lies(tmp_path, shell, forks):
    """What a killed process had written is in the log beside the file: a list must not lose it."""
    said = READ_WHILE.replace("range(30)", "range(1)") + (
        "import os, sqlite3; db = sqlite3.connect(journal.path)\n"
        "db.execute('BEGIN').execute('SELECT 1 FROM job').fetchall()\n"
        "journal.open(MeasurementIdentity('test', 'in the log', 'paid', 'toy', ''), again=False)\n"
        "os._exit(0)"
    )
    (tmp_path / "run").mkdir()
    assert forks.run(tmp_path / "run", code=said).returncode == 0
    assert (tmp_path / "run" / "journal.sqlite-wal").stat().st_size
    shutil.copytree(tmp_path / "run", tmp_path / "copy", ignore=shutil.ignore_patterns("*-shm"))
    for folder in (tmp_path / "run", tmp_path / "copy"):
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        code, out, error = shell("jobs", folder, "--json")
        assert code == 0, error
        assert "in the log" in out
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_foreign_tag_may_be_any_text(run, refused):
    with plain(run / "journal.sqlite") as db:
        db.execute("UPDATE seal SET tag = 'été'")
    assert "changed since it was sealed" in refused(run)[0]


@pytest.mark.parametrize("returned", ["text", 10**12, 1.5])
def test_what_a_job_returned_is_bytes(run, returned):
    """Of a number, `bytes` would make as many zeros."""
    with plain(run / "journal.sqlite") as db:
        db.execute("UPDATE job SET raw = ?", (returned,))
        seal.write_seal(db, "j", user_keys()[0], seal.digests_of(db))
    jobs = Journal(run).jobs
    key = jobs.all()[0].key
    with pytest.raises(InputError, match=f"what job {key} returned is damaged"):
        jobs.raw(key)


def test_a_slow_disk_is_no_fault_of_the_file_and_endless_computing_is(tmp_path, monkeypatch):
    monkeypatch.setattr(file, "_LONGEST", 0.2)
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?)"
    path = tmp_path / "journal.sqlite"
    sqlite3.connect(path).close()
    with file.connected(path) as db:
        db.create_function("slow", 0, lambda: time.sleep(0.5))
        with file.bounded(db, 0):
            db.execute(f"{rows} SELECT slow() FROM n", (2,)).fetchall()
        with pytest.raises(sqlite3.OperationalError, match="interrupted"), file.bounded(db, 0):
            db.execute(f"{rows} SELECT sum(i) FROM n", (10**9,)).fetchall()


def test_a_long_list_does_not_hang(tmp_path):
    """Of a file that anybody may have made: 20,000 measurements, 20,000 jobs."""
    (tmp_path / "run").mkdir()
    with closing(sqlite3.connect(tmp_path / "run" / "journal.sqlite")) as db, db:
        create(db)
        db.executemany(
            "INSERT INTO measurement VALUES"
            " (?, 'evaluate', '', 'q', 'queue', 'd', 'open', '', '{}', 1)",
            [(f"m{number}",) for number in range(20000)],
        )
        db.execute("INSERT INTO circuit VALUES ('x', '{}')")
        db.execute("INSERT INTO call VALUES ('m7', 0, 'x', '[\"Z\"]', 1, zeroblob(8))")
        db.executemany(
            "INSERT INTO job (key, backend, measurement, number, position, attempt, first_row,"
            " end_row, columns, facts, price, tasks, executions, shots, state, written) VALUES"
            " (?, 'q', 'm7', 0, ?, 0, 0, 1, '[0]', '{}', ?, 0, 0, 0, 'intent', 1)",
            [
                (
                    f"k{number}",
                    number,
                    '{"executions":1,"shots":1,"tasks":1,"usd":null,"qpu_seconds":null}',
                )
                for number in range(20000)
            ],
        )
    # of computing: a busy machine is no hang
    signal.signal(signal.SIGPROF, lambda *_: pytest.fail("a list takes more than 10 s"))
    signal.setitimer(signal.ITIMER_PROF, 10)
    try:
        rows = Journal(tmp_path / "run", to_show=True).measurements()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    assert [len(row["jobs"]) for row in rows] == [0] * 7 + [20000] + [0] * 19992
