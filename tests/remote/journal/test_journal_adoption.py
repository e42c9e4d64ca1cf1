"""Journals that were made elsewhere, by an older qfusion for one: listed, adopted, gone on with.

``journals/version-3.sqlite.gz`` was written by the code of commit 3670349 with the example's queue:
one measurement of three jobs, of which one is done, one is at the machine, and of one the reply was
lost; another one that is finished. ``version-3.machine.json`` is what the machine had accepted.
"""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from qfusion_core import InputError, Measurement
from qfusion_core.cli import main
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.journal.adoption import adopt_jobs
from qfusion_core.remote.journal.journal import NOT_OURS, Journal
from qfusion_core.remote.journal.sqlite.totals import total_of
from qfusion_core.remote.money.budget import Budget
from qfusion_queue import Queue
from support.journals import writing
from support.keys import QUEUE as SECRET
from support.old_journals import unpacked
from support.remote_circuit import CIRCUIT, DATA, QUICK, WEIGHTS, WORDS

OLD = Path(__file__).with_name("journals")
VERBS = ("list", "resume", "cancel", "forget")


class Anywhere(Queue):
    """The queue, whose address is no part of what was measured."""

    class Options(Queue.Options):
        neutral = Queue.Options.neutral | {"url"}


@pytest.fixture
def old(tmp_path, machine):
    """A folder with the old journal; the machine knows its jobs."""
    folder = tmp_path / "old"
    machine.jobs.update(unpacked(OLD, folder))
    return folder


@pytest.fixture
def evaluate(machine):
    """Evaluates what the old journal is about."""

    def _evaluate(folder, verb="evaluate", subject="three rows"):
        options = Anywhere.Options(url=machine.url, rows_per_job=1, **QUICK)
        device = Anywhere(options, Anywhere.Credentials(token=SECRET))
        with Measurement(folder, verb, subject, approve=True) as measurement:
            device.bound = Binding("queue", Budget(max_jobs=1000), measurement)
            return device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)

    return _evaluate


@pytest.fixture
def jobs(capsys, tmp_path, monkeypatch):
    """Runs ``qfusion jobs``: (code, output, error)."""
    monkeypatch.chdir(tmp_path)

    def _jobs(*words):
        with pytest.raises(SystemExit) as end:
            main(["jobs", *map(str, words)])
        return int(end.value.code or 0), *capsys.readouterr()

    return _jobs


def names(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_old_journal_is_listed_and_nothing_is_sent_or_used(old, machine, evaluate, jobs):
    before = names(old)
    code, said, _ = jobs(old)
    assert code == 0
    assert "434d4824c645bffc" in said
    assert "the journal is not yours (no seal (older than 0.2" in said
    assert json.loads(jobs(old, "--json")[1])["standing"] == "foreign"
    for verb in VERBS[1:]:
        code, said, error = jobs(verb, old, *(["434d4824c645bffc"] if verb == "forget" else []))
        assert (code, said) == (2, "")
        assert "qfusion jobs adopt" in error
        assert error.count("\n") == 1
        assert len(error) < 300
    for verb, subject in (("evaluate", "three rows"), ("predict", "finished")):
        with pytest.raises(InputError, match="no value of it is used"):
            evaluate(old, verb, subject)
    assert not machine.requests
    assert names(old) == before  # a list writes nothing, not even beside the file


def test_an_adopted_old_journal_resumes_without_a_job_bought(old, machine, evaluate, jobs):
    accepted = len(machine.jobs)
    code, said, error = jobs("adopt", old, "--yes")
    assert (code, said) == (0, f"{old}: adopted\n")
    assert "evaluate on queue (queue), open; jobs: 1 done, 1 submitted, 1 intent; made by" in error
    assert "made by qfusion 0.1.0, " in error
    assert "queue: up to 15.00 USD, 2.4 s of QPU time, 6 job(s), 12000 shots count" in error
    assert not machine.requests
    assert (total_of("queue").usd, total_of("queue").jobs) == (15, 6)  # of all runs, this one too
    values = evaluate(old)
    finished = evaluate(old, "predict", "finished")
    assert values.shape == finished.shape == (3, 3)
    assert len(machine.jobs) == accepted
    assert machine.requests.count("submit") == 0
    assert machine.requests.count("find") == 1  # the one whose reply was lost
    journal = Journal(old)
    assert [job.adopted for job in journal.jobs.all()] == [True, False, False, True, True, True]
    assert all(journal.adopted(each["id"]) for each in journal.measurements())
    listed = jobs(old)[1]
    assert listed.count(NOT_OURS) == 2
    shown = json.loads(jobs(old, "--json")[1])
    assert shown["standing"] == "own"
    assert shown["measurements"][0]["jobs"][0]["adopted"] is True
    if os.name == "posix":
        assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_what_is_measured_here_is_not_marked(evaluate, tmp_path):
    evaluate(tmp_path / "run")
    (measurement,) = Journal(tmp_path / "run").measurements()
    assert not Journal(tmp_path / "run").adopted(measurement["id"])


def test_adopting_asks(old, jobs, machine):
    code, said, error = jobs("adopt", old)
    assert (code, said) == (2, "")
    assert error.endswith("not adopted; add --yes to agree\n")
    assert Journal(old).standing().kind == "foreign"
    assert not machine.requests


def test_several_are_adopted_at_once(old, tmp_path, jobs):
    shutil.copytree(old, tmp_path / "copy")
    code, said, _ = jobs("adopt", old, tmp_path / "copy", "--yes", "--json")
    assert code == 0
    assert json.loads(said) == {"adopted": [str(old), str(tmp_path / "copy")]}
    assert jobs("adopt", old, "--yes")[1] == f"{old}: is yours already\n"


def test_where_there_is_no_journal_there_is_nothing_to_adopt(tmp_path, jobs):
    code, _, error = jobs("adopt", tmp_path, "--yes")
    assert code == 2
    assert error == f"error: {tmp_path}: no journal.sqlite in it, so there is nothing to adopt\n"


def test_another_users_run_is_adopted_again(evaluate, machine, tmp_path, monkeypatch):
    evaluate(tmp_path / "run")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))
    with pytest.raises(InputError, match="sealed with another key than yours, or yours is lost"):
        evaluate(tmp_path / "run")
    adopt_jobs([tmp_path / "run"])
    evaluate(tmp_path / "run")
    assert len(machine.jobs) == 3


def test_a_run_that_cannot_be_written_is_adopted_as_it_lies(
    old, machine, evaluate, jobs, monkeypatch
):
    """The adoption is kept in the state directory; finished values are taken without a write."""
    monkeypatch.setattr("qfusion_core.remote.journal.sqlite.database.writable", lambda path: False)
    before = names(old)
    with pytest.raises(InputError, match="no value of it is used"):
        evaluate(old, "predict", "finished")
    assert jobs("adopt", old, "--yes")[0] == 0
    accepted = len(machine.jobs)
    assert evaluate(old, "predict", "finished").shape == (3, 3)
    assert not machine.requests
    assert names(old) == before
    assert Journal(old).standing().kind == "adopted"
    assert jobs(old)[1].count(NOT_OURS) == 2
    with monkeypatch.context() as elsewhere:  # a copy of it that can be written
        elsewhere.setattr("qfusion_core.remote.journal.sqlite.database.writable", lambda path: True)
        copy = shutil.copytree(old, old.with_name("copy"))
        with pytest.raises(InputError, match="take it over with"):
            Journal(copy).set_state("434d4824c645bffc", "forgotten")
        assert adopt_jobs([copy]) == [copy]
        assert Journal(copy).standing().kind == "own"
    (old / "journal.sqlite").write_bytes(before["journal.sqlite"].replace(b"predict", b"predicT"))
    with pytest.raises(InputError, match="no value of it is used"):
        evaluate(old, "predicT", "finished")  # it was that content which was adopted
    assert len(machine.jobs) == accepted


def test_an_own_run_that_cannot_be_written_gives_its_finished_values(
    evaluate, machine, tmp_path, monkeypatch, jobs
):
    values = evaluate(tmp_path / "run")
    before = names(tmp_path / "run")
    monkeypatch.setattr("qfusion_core.remote.journal.sqlite.database.writable", lambda path: False)
    assert evaluate(tmp_path / "run").equal(values)
    assert jobs(tmp_path / "run")[0] == 0
    assert names(tmp_path / "run") == before
    assert len(machine.jobs) == 3


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can write")
def test_a_folder_without_write_permission(evaluate, machine, tmp_path):
    values = evaluate(tmp_path / "run")
    (tmp_path / "run").chmod(0o500)
    try:
        assert evaluate(tmp_path / "run").equal(values)
    finally:
        (tmp_path / "run").chmod(0o700)


def test_a_call_that_a_killed_process_left_is_taken_up_under_another_host_name(
    evaluate, machine, tmp_path
):
    """Python without a verb, on a laptop that went to another network, or in a new container."""
    machine.faults["status"] = [401]
    with pytest.raises(Exception, match="401"):
        evaluate(tmp_path / "run", None, "")
    assert len(machine.jobs) == 3
    for owner in ("a-host/12345/abcd", "0123456789abcdef/1.5/abcd"):
        journal = Journal(tmp_path / "run")
        with writing(journal) as db:
            db.execute("UPDATE measurement SET owner = ?, state = 'open'", (owner,))
        evaluate(tmp_path / "run", None, "")
        assert len(machine.jobs) == 3


def test_a_score_of_adopted_values_says_so(own, shell, machine, tmp_path, monkeypatch):
    evaluate = ("evaluate", own, "--backend", "queue", "--samples", "9", "--yes", "--json")
    _, out, error = shell(*evaluate)
    assert "adopted" not in json.loads(out)
    assert NOT_OURS not in error
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))
    assert shell(*evaluate)[0] == 2
    assert shell("jobs", "adopt", own, "--yes")[0] == 0
    code, out, error = shell(*evaluate)
    assert code == 0
    assert json.loads(out)["adopted"] == NOT_OURS
    assert f"values of this measurement: {NOT_OURS}\n" in error
    assert len(machine.jobs) == 1
