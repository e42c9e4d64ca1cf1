"""Whatever goes wrong: what the machine accepted is what was planned, and the message helps.

Jobs are counted on the machine's side. Each case runs once with the fault and once without.
"""

import pytest
import torch

from qfusion_core import (
    JobCancelled,
    JobFailed,
    JobsLeft,
    JobsPending,
    Measurement,
    Refused,
    SubmitUncertain,
    Transient,
)
from qfusion_core.errors import Interrupted
from qfusion_queue import Queue

AGAIN = "no job is lost: run the same again, or `qfusion jobs resume "


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        ("submit", [429]),
        ("submit", [429, 429]),
        ("submit", [None, 503]),
        ("submit", ["reset"]),
        ("submit", ["reset", 500]),
        ("submit", ["lost"]),
        ("submit", ["lost", "lost", "lost"]),
        ("submit", ["504 after", None, "504 after"]),
        ("submit", [503, "lost", 429]),
        ("find", [503, "reset"]),
        ("status", [429, 503]),
        ("status", ["reset", "lost"]),
        ("status", [None, None, 500, "504 after"]),
        ("result", [500, "reset"]),
        ("result", ["lost", None, "lost"]),
    ],
    ids=str,
)
def test_what_passes_is_not_even_noticed(machine, measure, kind, faults):
    if kind == "find":
        machine.faults["submit"] = ["lost"]
    machine.faults[kind] = list(faults)
    values = measure()
    assert not machine.faults[kind], "the fault did not happen"
    assert len(machine.jobs) == 3
    assert torch.equal(values, measure())  # from the journal
    assert len(machine.jobs) == 3


@pytest.mark.parametrize("fault", ["lost", "504 after"])
def test_an_accepted_job_that_is_listed_late(machine, measure, fault):
    machine.faults["submit"], machine.listed_after = [fault], 0.1
    measure(grace_seconds=0.5)
    assert len(machine.jobs) == 3
    assert "find" in machine.requests


@pytest.mark.parametrize(
    ("kind", "fault", "error", "fragments"),
    [
        ("submit", 401, Refused, ["queue: 401 ", AGAIN]),
        ("submit", 400, Refused, ["queue: 400 ", AGAIN]),
        ("submit", 429, Transient, ["queue: 429 ", "(3 tries)", AGAIN]),
        ("submit", 503, SubmitUncertain, ["queue: 503 ", AGAIN]),
        ("submit", "reset", SubmitUncertain, ["queue: no reply", AGAIN]),
        ("status", 401, Refused, ["queue: job job-0: 401 ", AGAIN]),
        ("status", 429, Transient, ["queue: job job-0: 429 ", "(3 tries)", AGAIN]),
        ("status", 500, Transient, ["queue: job job-0: 500 ", "(3 tries)", AGAIN]),
        ("status", "reset", Transient, ["queue: job job-0: no reply", "(3 tries)", AGAIN]),
        ("result", 403, Refused, ["queue: job job-0: 403 ", AGAIN]),
        ("result", "lost", Transient, ["queue: job job-0: no reply", "(3 tries)", AGAIN]),
    ],
    ids=str,
)
def test_what_does_not_pass_is_said_and_gone_on_with(
    machine, measure, failure, kind, fault, error, fragments
):
    machine.faults[kind] = [fault] * 100
    line = failure(error, measure)
    for fragment in fragments:
        assert fragment in line, line
    machine.faults[kind] = []
    measure()
    assert len(machine.jobs) == 3


def test_a_refusal_half_way_keeps_what_was_accepted(machine, measure, failure, journal):
    machine.faults["submit"] = [None, None, 402]
    failure(Refused, measure)
    states = [(entry.state, entry.job_id) for entry in journal.jobs.all()]
    assert states == [("submitted", "job-0"), ("submitted", "job-1"), ("intent", None)]
    assert "find" not in machine.requests  # a refusal is certain
    measure()
    assert len(machine.jobs) == 3
    # who has not written it looks for it before it goes out: its folder may be a copy
    assert machine.requests.count("find") == 1


@pytest.mark.parametrize(
    ("state", "error", "reason"),
    [("failed", JobFailed, "QPU went off-line"), ("cancelled", JobCancelled, "by the operator")],
)
def test_a_job_that_ends_badly(machine, measure, failure, journal, state, error, reason):
    machine.ends[1] = (state, reason)
    line = failure(error, measure)
    assert line.startswith(f"queue: job job-1: {state}: {reason}; run the same again to send this")
    assert "qfusion jobs forget" in line
    # what the others gave is kept
    assert [entry.state for entry in journal.jobs.all()] == ["done", state, "done"]
    values = measure()
    assert len(machine.jobs) == 4  # only that one is sent anew
    assert torch.isfinite(values).all()
    by_key = [job["key"] for job in machine.jobs.values()]
    assert len(set(by_key)) == 4


def test_a_failure_does_not_wait_for_the_others(machine, measure, failure):
    machine.seconds, machine.ends[0] = 0.0, ("failed", "bad calibration")
    machine.faults["submit"] = [None]
    line = failure(JobFailed, measure, rows_per_job=2)
    assert "bad calibration" in line


def test_a_slow_job_is_left_not_sent_again(machine, measure, failure):
    machine.seconds = 60
    line = failure(JobsPending, measure, timeout_seconds=0.05)
    assert line.startswith("queue: job job-0, job-1, job-2: not done after 0.05 s; no job is lost")
    machine.seconds = 0
    measure()
    assert len(machine.jobs) == 3


def test_no_wait_leaves_and_comes_back(machine, measure, failure):
    machine.seconds = 60
    line = failure(JobsLeft, measure, wait=False)
    assert line.startswith("queue: job job-0, job-1, job-2: submitted; no job is lost")
    machine.seconds = 0
    assert JobsLeft.exit_code == 0
    values = measure()
    assert torch.equal(measure(wait=False), values)  # nothing is left to wait for
    assert len(machine.jobs) == 3


def test_all_jobs_are_submitted_before_the_first_look(machine, measure):
    seen = []
    measure(on_progress=lambda progress: seen.append(dict(progress.states)))
    assert machine.requests[:4] == ["submit", "submit", "submit", "status"]
    assert seen[-1] == {"done": 3}


def test_no_more_jobs_wait_than_the_provider_takes(machine, connect, forward, tmp_path):
    machine.seconds = 0.05
    with Measurement(tmp_path, "evaluate") as measurement:
        device = connect(measurement)
        device.max_pending = 2
        forward(device)
    assert machine.requests[:3] == ["submit", "submit", "status"]
    order = [kind for kind in machine.requests if kind in ("submit", "result")]
    assert order[:3] == ["submit", "submit", "result"]  # one is done before the third is sent
    assert len(machine.jobs) == 3


class Clock:
    """Time that goes on while somebody sleeps, and only then."""

    def __init__(self):
        self.slept = []

    def monotonic(self):
        return sum(self.slept)

    def sleep(self, seconds):
        self.slept.append(seconds)


def test_waits_grow_from_the_first_to_the_longest(machine, measure, monkeypatch):
    clock = Clock()
    for module in ("qfusion_core.remote.execution.runner", "machine"):
        monkeypatch.setattr(f"{module}.time", clock)
    machine.seconds = 0.5
    measure(poll_seconds=0.02, poll_seconds_max=0.1)
    assert clock.slept == pytest.approx([0.02, 0.03, 0.045, 0.0675, 0.1, 0.1, 0.1, 0.1])
    assert machine.requests.count("status") == 3 * 9


def test_an_interrupt_leaves_the_jobs(machine, measure, failure):
    machine.seconds = 60

    def interrupt(progress):
        raise KeyboardInterrupt

    line = failure(Interrupted, measure, on_progress=interrupt)
    assert line.startswith("queue: interrupted; jobs that were submitted stay at the provider: ")
    assert "qfusion jobs resume" in line
    assert "qfusion jobs cancel" in line
    machine.seconds = 0
    measure()
    assert len(machine.jobs) == 3


def test_an_interrupt_while_submitting(machine, connect, measure, forward, failure, tmp_path):
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        device = connect(measurement)
        submit = device.submit

        def interrupted(job, key):
            submit(job, key)
            raise KeyboardInterrupt  # between the reply and the journal

        device.submit = interrupted
        failure(Interrupted, forward, device)
    assert len(machine.jobs) == 1
    measure()  # in this very process: its lease is not in the way
    assert len(machine.jobs) == 3


def test_an_error_of_the_adapter_is_not_hidden_and_loses_nothing(
    machine, connect, measure, forward, tmp_path
):
    measurement = Measurement(tmp_path / "run", "evaluate")
    device = connect(measurement)
    submit = device.submit

    def stumbles(job, key):
        submit(job, key)
        raise KeyError("id")

    device.submit = stumbles
    with pytest.raises(KeyError, match="id"):
        forward(device)
    measure()
    assert len(machine.jobs) == 3


def test_a_plan_that_looks_at_the_machine_is_asked_again(connect, forward):
    """It sends nothing, but may need the machine's gates and limits."""
    device, plan, asked = connect(), Queue.plan, []

    def looking(*call):
        asked.append(1)
        if len(asked) == 1:
            raise Transient("no reply")
        return plan(device, *call)

    device.plan = looking
    assert forward(device).shape == (3, 3)
    assert len(asked) == 2
