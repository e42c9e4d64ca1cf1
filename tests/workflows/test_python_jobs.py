"""The jobs of a run in Python: what the command line does with them is done by the same methods."""

from __future__ import annotations

import json
import shutil

import pytest

import qfusion_core
from qfusion_core import InputError, JobOptions


@pytest.fixture(autouse=True)
def here(shell, tmp_path):
    """Backends of `shell` are those of the working directory, trusted."""
    qfusion_core.trust(tmp_path / "backends.yaml")


@pytest.fixture
def left(own, machine):
    """A run whose jobs are at the machine, and nobody waits for them."""
    machine.seconds = 3600
    with pytest.raises(qfusion_core.JobsLeft):
        qfusion_core.evaluate(own, "queue", jobs=JobOptions(approve=True, wait=False))
    return own


def test_jobs_are_gone_on_with_and_told_of(left, machine):
    machine.seconds = 0
    seen = []
    table = qfusion_core.jobs(left)
    done = table.resume(jobs=JobOptions(approve=True, on_progress=seen.append))
    assert [job.state for job in done] == ["done"]
    assert seen
    assert table.still_open() == []
    assert qfusion_core.evaluate(left, "queue").measurement == table.measurements[0]["id"]
    assert len(machine.jobs) == 1


def test_what_is_gone_on_with_is_not_measured_again(left, failure):
    line = failure(InputError, qfusion_core.jobs(left).resume, jobs=JobOptions(again=True))
    assert line == (
        "jobs: again=True: resume takes no value that was measured before; leave it out"
    )


def test_nobody_waits_where_nobody_is_to(left):
    with pytest.raises(qfusion_core.JobsLeft):
        qfusion_core.jobs(left).resume(jobs=JobOptions(wait=False))


def test_what_is_cancelled_is_said(left, machine, shell):
    found = qfusion_core.jobs(left).cancel()
    assert found.confirmed
    assert str(found) == "cancelled: job-0"
    (job,) = found.cancelled
    assert found.to_dict() == {
        "run": str(left),
        "cancelled": [{"key": job.key, "job_id": "job-0"}],
        "asked": [],
        "ended": [],
        "left": [],
    }
    again = json.loads(shell("jobs", "cancel", left, "--json")[1])
    assert again == qfusion_core.jobs(left).cancel().to_dict()


def test_a_cancel_that_is_not_confirmed_is_seen(left, monkeypatch, shell):
    from qfusion_queue import Queue

    monkeypatch.setattr(Queue, "cancel", lambda self, job_id: None)
    found = qfusion_core.jobs(left).cancel()
    assert not found.confirmed
    assert [job["job_id"] for job in found.to_dict()["asked"]] == ["job-0"]
    assert str(found).startswith("asked to cancel, not confirmed: job-0; they may run on and cost")
    code, out, err = shell("jobs", "cancel", left)
    assert (code, out, err) == (1, "", f"error: {found}\n")


def test_one_that_cannot_be_asked_for_is_seen(left, monkeypatch, shell):
    from qfusion_queue import Queue

    def refuse(self, job_id):
        raise qfusion_core.Refused("the desk is closed")

    monkeypatch.setattr(Queue, "cancel", refuse)
    found = qfusion_core.jobs(left).cancel()
    assert not found.confirmed
    said, document = str(found), found.to_dict()
    assert "the desk is closed" in said
    assert "nothing was changed; `qfusion jobs cancel" in said
    assert document == found.to_dict(), "showing it changes nothing"
    code, _, err = shell("jobs", "cancel", left)
    assert (code, err) == (1, f"error: {said}\n")


def test_what_is_forgotten_and_adopted_in_python(left, failure, tmp_path, monkeypatch):
    table = qfusion_core.jobs(left)
    (row,) = table.measurements
    line = failure(InputError, table.forget, [row["id"]])
    assert "may be at the provider; first `qfusion jobs cancel" in line
    table.forget([row["id"]], lost=True)
    assert qfusion_core.jobs(left).measurements[0]["state"] == "forgotten"
    assert table.adopt() is False
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of somebody else"))
    copy = qfusion_core.jobs(shutil.copytree(left, tmp_path / "copy"))
    offers = []
    assert copy.standing.kind == "foreign"
    assert copy.adopt(offers.append) is True
    assert [offer.run for offer in offers] == [tmp_path / "copy"]


def test_one_measurement_is_named_as_it_is(left, failure):
    table = qfusion_core.jobs(left)
    (row,) = table.measurements
    assert qfusion_core.jobs(left).still_open(row["id"]) == []
    assert qfusion_core.jobs(left).cancel(row["id"]).confirmed
    table.forget(row["id"])
    assert qfusion_core.jobs(left).measurements[0]["state"] == "forgotten"
    assert table.resume(row["id"]) == []
    assert qfusion_core.adopt_jobs(left) == qfusion_core.adopt_jobs(str(left)) == []
    line = failure(InputError, table.cancel, {row["id"]: True})
    assert line == "which: expected ids of measurements, as `jobs` shows them; got a dict"


def test_an_empty_list_forgets_nothing(left, failure):
    line = failure(InputError, qfusion_core.jobs(left).forget, [])
    assert line == "which: expected ids of measurements, as `jobs` shows them; got none"
    assert qfusion_core.jobs(left).measurements[0]["state"] == "open"
