"""What a machine does not know, or not now, is not bought again; what cannot be read can be left.

The example's machine, and its device as it is: nothing in it was changed for this. Where a machine
can say that it does not know a job, `Honest` does.
"""

import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing

import pytest
import torch

from qfusion_core import (
    FailedPart,
    JobFailed,
    JobsLeft,
    JobStatus,
    Measurement,
    Refused,
    RemoteError,
    Result,
    Transient,
    Unreadable,
)
from qfusion_core.errors import InputError, Interrupted
from qfusion_core.remote.execution.submission import Submission
from qfusion_core.workflows.unfinished_jobs import forget_measurements
from qfusion_queue import Queue
from support.journals import writing
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS

AGAIN = "no job is lost: run the same again, or `qfusion jobs resume "


class Honest(Queue):
    """Says `unknown` of what its machine does not know, and whose account it works in."""

    tells_unknown = True
    mine = "account 1"

    def status(self, job_id):
        status = super().status(job_id)
        return JobStatus("unknown") if status.reason == f"no job {job_id}" else status

    def account(self):
        return self.mine


@pytest.fixture
def evaluate(connect, tmp_path):
    """Three rows, three jobs, in one folder, with an adapter that tells."""

    def _evaluate(change=lambda device: None, *, wait=True, again=False, kind=Honest, **options):
        with Measurement(tmp_path / "run", "evaluate", wait=wait, again=again) as measurement:
            device = connect(measurement, **options)
            device.__class__ = kind
            change(device)
            return device.expectations(CIRCUIT, DATA, WEIGHTS, WORDS)

    return _evaluate


def hide(machine, names):
    """Keep some jobs from being known."""
    hidden = {name: machine.jobs.pop(name) for name in names}
    return lambda: machine.jobs.update(hidden)


def states(journal):
    return [entry.state for entry in journal.jobs.all()]


def test_a_job_that_is_unknown_just_after_it_was_accepted(machine, evaluate):
    status, began = machine.status, time.monotonic()

    def late(job_id):
        known = time.monotonic() - began > 1
        return status(job_id) if known else {"state": "failed", "reason": f"no job {job_id}"}

    machine.status = late
    evaluate(grace_seconds=3)
    assert len(machine.jobs) == 3


def test_a_stray_unknown_in_the_middle_of_the_wait(machine, evaluate):
    status, looks = machine.status, []

    def stray(job_id):
        looks.append(job_id)
        gone = len(looks) in (2, 3)
        return {"state": "failed", "reason": f"no job {job_id}"} if gone else status(job_id)

    machine.seconds, machine.status = 0.1, stray
    evaluate()
    assert len(machine.jobs) == 3


def test_a_job_that_stays_unknown_is_neither_failed_nor_bought_again(
    machine, evaluate, failure, journal, tmp_path
):
    machine.seconds = 60
    evaluate_left(evaluate, failure)
    restore = hide(machine, ["job-1"])
    machine.seconds = 0
    said = failure(Refused, evaluate)
    assert said.startswith(
        "queue: job job-1: unknown: not in this account or instance; nothing was"
    )
    assert AGAIN in said and "give it up with `qfusion jobs forget" in said
    assert states(journal) == ["done", "submitted", "done"]  # those behind it were fetched
    restore()
    evaluate()
    assert (len(machine.jobs), states(journal)) == (3, ["done"] * 3)


def evaluate_left(evaluate, failure):
    failure(JobsLeft, evaluate, wait=False)


def test_an_unknown_job_of_another_account_changes_nothing(machine, evaluate, failure, journal):
    machine.seconds = 60
    evaluate_left(evaluate, failure)
    restore = hide(machine, list(machine.jobs))

    def elsewhere(device):
        device.mine = "account 2"

    said = failure(Refused, evaluate, elsewhere, grace_seconds=60)  # at once: there is no doubt
    assert "job job-0: not in this account or instance; nothing was changed" in said
    assert "it was sent in account 1, the credentials are those of account 2" in said
    assert states(journal) == ["submitted"] * 3
    restore()
    machine.seconds = 0
    evaluate()
    assert len(machine.jobs) == 3


def test_a_lost_reply_is_not_looked_for_in_another_account(machine, evaluate, failure):
    machine.faults["submit"], machine.listed_after = ["lost", 401], 3600

    def elsewhere(device):
        device.mine = "account 2"

    failure(Refused, evaluate)
    sent = len(machine.jobs)
    said = failure(Refused, evaluate, elsewhere)
    assert "not in this account or instance; nothing was changed" in said
    assert len(machine.jobs) == sent
    machine.listed_after = 0
    evaluate()
    assert len(machine.jobs) == 3


def test_an_adapter_that_calls_unknown_failed_has_it_looked_for_before_it_is_sent_anew(
    machine, measure, failure, journal
):
    """Adapters of third parties do, and journals of before hold such jobs."""
    status, lying = machine.status, [True]

    def lies(job_id):
        known = not (lying[0] and job_id == "job-1")
        return status(job_id) if known else {"state": "failed", "reason": f"no job {job_id}"}

    machine.status = lies
    failure(JobFailed, measure)
    assert states(journal) == ["done", "failed", "done"]
    lying[0] = False
    assert measure().shape == (3, 3)
    assert len(machine.jobs) == 3


def test_the_grace_period_begins_when_the_reply_was_lost(machine, evaluate):
    """The request takes longer than the whole grace period; the job is listed a moment later."""
    submit = machine.submit

    def slow(body):
        time.sleep(0.6)
        return submit(body)

    machine.submit, machine.faults["submit"], machine.listed_after = slow, ["lost"], 0.2
    evaluate(grace_seconds=0.5)
    assert len(machine.jobs) == 3


def test_an_older_process_with_a_clock_behind_is_still_waited_for(machine, evaluate, journal):
    machine.faults["submit"], machine.listed_after = ["lost"], 0.4

    def dies(device):
        device.find = lambda key: (_ for _ in ()).throw(KeyboardInterrupt)

    with pytest.raises(Interrupted):
        evaluate(dies)
    with closing(sqlite3.connect(journal.path)) as db:
        assert db.execute("SELECT sent FROM job WHERE sent IS NOT NULL").fetchall()
    with writing(journal) as db:
        db.execute("UPDATE job SET sent = sent - 3600 WHERE sent IS NOT NULL")
    evaluate(grace_seconds=1)
    assert len(machine.jobs) == 3


def test_later_does_not_always_mean_not_taken(machine, evaluate):
    def change(device):
        submit = device.submit

        def once(job, key):
            if len(machine.jobs) == 0:
                submit(job, key)
                raise Transient("429 later")
            return submit(job, key)

        device.submit = once

    evaluate(change)
    assert len(machine.jobs) == 3


def test_both_copies_of_a_folder_go_on(machine, connect, evaluate, failure, tmp_path):
    """Copied while a job was written and not sent; the machine tells nobody of a lost reply."""
    machine.faults["submit"] = [None, 402]
    failure(Refused, evaluate)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    evaluate()
    assert len(machine.jobs) == 3
    with Measurement(tmp_path / "copy", "evaluate") as measurement:
        connect(measurement).expectations(CIRCUIT, DATA, WEIGHTS, WORDS)
    assert len(machine.jobs) == 3


def test_a_process_that_was_stopped_past_its_lease_does_not_send(machine, evaluate, monkeypatch):
    """Between its note and its request: its job may be another's by then."""
    stopped = iter([0.0, 700.0])  # seconds before and after the note of the first request
    real = time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda which: next(stopped, real(which)))
    evaluate()
    assert len(machine.jobs) == 3
    assert "find" in machine.requests  # it cannot know, and looks before it sends


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda job, result: Result(result.values * float("nan"), b"raw"), "gave nan for row 1"),
        (
            lambda job, result: Result(result.values[:, :2], b"raw"),
            "gave torch.Tensor of shape [1, 2] for values, expected a torch tensor of shape [1, ",
        ),
        (lambda job, result: Result(result.values.numpy(), b"raw"), "gave numpy.ndarray of shape"),
        (lambda job, result: Result(result.values.tolist(), b"raw"), "gave list for values, expec"),
        (lambda job, result: Result(result.values + 1000, b"raw"), "expected a value of -1 to 1"),
        (lambda job, result: {}[job.rows], "KeyError: (1, 2)"),
        (lambda job, result: (_ for _ in ()).throw(Unreadable("half of it", b"raw")), "half of it"),
    ],
)
def test_a_result_that_cannot_be_read(machine, evaluate, failure, journal, tmp_path, wrong, text):
    """It leaves those behind it alone, is kept as it came, and every way out is open."""

    def change(device):
        fetch = device.fetch
        device.fetch = lambda job, job_id: (
            wrong(job, fetch(job, job_id)) if job_id == "job-1" else fetch(job, job_id)
        )

    said = failure(RemoteError, evaluate, change)
    assert said.startswith("queue: job job-1: ") and text in said
    assert AGAIN in said and "or give it up with `qfusion jobs forget" in said
    assert "or measure anew with --again" in said
    assert states(journal) == ["done", "submitted", "done"]
    stuck = journal.jobs.all()[1]
    assert text in stuck.unreadable
    if "KeyError" not in text:
        assert journal.jobs.raw(stuck.key) == b"raw"
    evaluate()  # it can be read again
    assert (len(machine.jobs), states(journal)) == (3, ["done"] * 3)
    assert journal.jobs.all()[1].unreadable is None


@pytest.mark.parametrize("way", ["forget", "again"])
def test_the_ways_out_of_a_result_that_cannot_be_read(machine, evaluate, failure, tmp_path, way):
    def change(device):
        device.fetch = lambda job, job_id: Result(torch.full(job.shape, torch.nan), b"raw")

    failure(RemoteError, evaluate, change)
    failure(RemoteError, evaluate, change)
    if way == "forget":
        (row,) = Measurement(tmp_path / "run").journal.measurements()
        forget_measurements(tmp_path / "run", [row["id"]])
        evaluate()
    else:
        evaluate(again=True)
    assert len(machine.jobs) == 6


def test_a_job_at_work_cannot_be_forgotten(machine, evaluate, failure, tmp_path):
    machine.seconds = 60
    evaluate_left(evaluate, failure)
    (row,) = Measurement(tmp_path / "run").journal.measurements()
    with pytest.raises(InputError, match="job-0 may be at the provider"):
        forget_measurements(tmp_path / "run", [row["id"]])


def test_of_a_job_that_failed_in_part_only_that_is_sent_anew(machine, evaluate, failure, journal):
    whole = evaluate(rows_per_job=3)

    def in_part(device):
        fetch = device.fetch

        def fails(job, job_id):
            result = fetch(job, job_id)
            values = result.values.clone()
            values[1, [0, 2]] = torch.nan
            part = FailedPart((1, 2), (0, 2), job.facts)
            return Result(values, result.raw, usd=0.25, failed=(part,), reason="1 of 3 failed")

        device.fetch = fails

    said = failure(JobFailed, evaluate, in_part, again=True, rows_per_job=3)
    assert said.startswith("queue: job job-1: failed: 1 of 3 failed; run the same again to send")
    spent = journal.spent("queue")
    assert spent.usd == pytest.approx(0.25 + 0.3 + 3 * 2 * 1000 * 11e-4)  # as told, and as planned
    values = evaluate(rows_per_job=3)
    job = machine.jobs["job-2"]
    assert (len(job["angles"]), job["observables"]) == (1, [WORDS[0], WORDS[2]])
    assert len(machine.jobs) == 3
    assert torch.isfinite(values).all() and values.shape == whole.shape
    assert torch.equal(values, evaluate(rows_per_job=3))


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_that_is_told_to_end_ends_as_with_an_interrupt(machine, evaluate, failure, kind):
    machine.seconds = 60

    def told(device):
        status = device.status
        device.status = lambda job_id: (os.kill(os.getpid(), kind), status(job_id))[1]

    said = failure(Interrupted, evaluate, told)
    assert "interrupted; jobs that were submitted stay at the provider" in said
    assert signal.getsignal(kind) is signal.SIG_DFL
    machine.seconds = 0
    evaluate()
    assert len(machine.jobs) == 3


def test_what_an_earlier_process_has_opened_is_closed_by_the_next(evaluate, journal, machine):
    closed = []

    def opens(device):
        submit = device.submit

        def killed(job, key):
            device.opened("session-7")
            raise KeyboardInterrupt

        device.submit = killed if submit else submit

    def closes(device):
        device.close = closed.append

    with pytest.raises(Interrupted):
        evaluate(opens)
    with writing(journal) as db:  # its process has ended
        db.execute("UPDATE session SET owner = ''")
    evaluate(closes)
    assert closed == ["session-7"]
    evaluate(closes)
    assert closed == ["session-7"]
    assert len(machine.jobs) == 3


def test_grace_begins_when_the_lost_reply_of_another_process_is_known(
    measure, connect, machine, journal, failure, tmp_path
):
    """This process has waited for longer than grace when another sends, and is killed."""
    machine.faults["submit"] = [401]
    failure(Refused, measure)
    entry = journal.jobs.all()[0]
    device = connect(Measurement(tmp_path / "run"), grace_seconds=0.5)
    waiting = Submission(device, journal.jobs, "this", "")
    time.sleep(0.6)
    killed, job = "there/1.0/that", journal.job(journal.call(entry.at), entry)
    assert journal.jobs.claim(entry.key, killed, 0.0)
    assert journal.jobs.sending(entry.key, killed, None, 0.0)
    machine.listed_after = 0.2
    device.submit(job, entry.key)
    waiting.send(job, entry.key)
    assert len(machine.jobs) == 1
    assert journal.jobs.all()[0].job_id == "job-0"


def test_a_job_that_a_copy_of_the_run_has_sent_is_cancelled_at_the_provider(
    shell, machine, measure, failure, tmp_path
):
    machine.faults["submit"] = [401]
    failure(Refused, measure)
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    machine.seconds = 60
    failure(JobsLeft, measure, wait=False)
    machine.faults["find"] = [401] * 3
    code, _, error = shell("jobs", "cancel", tmp_path / "copy")
    assert code == 1
    assert "nothing was changed" in error and "jobs forget" in error
    code, out, _ = shell("jobs", "cancel", tmp_path / "copy", "--json")
    assert code == 0
    assert {job["job_id"] for job in json.loads(out)["cancelled"]} == set(machine.jobs)
    assert {machine.status(name)["state"] for name in machine.jobs} == {"cancelled"}


def test_what_an_older_release_called_failed_and_is_unknown_now_is_not_bought_again(
    machine, evaluate, failure, journal
):
    """It took `unknown` for `failed`, and did not say in which account."""
    machine.seconds = 60
    evaluate_left(evaluate, failure)
    restore = hide(machine, ["job-1"])
    with writing(journal) as db:
        db.execute("UPDATE job SET state = 'failed', account = NULL WHERE job_id = 'job-1'")
    machine.seconds = 0
    said = failure(Refused, evaluate)
    assert said.startswith("queue: job job-1: unknown, though it was accepted: not in this account")
    assert "jobs forget" in said
    restore()
    evaluate()
    assert (len(machine.jobs), states(journal)) == (3, ["done"] * 3)
