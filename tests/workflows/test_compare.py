"""`qfusion compare` beside machines with a queue: who is asked when, who fails, what it took."""

from __future__ import annotations

import json

import numpy as np
import pytest

import qfusion_core
from qfusion_core import InputError, Job, Registry, Result
from qfusion_core.evaluation.portability import compare
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.money.budget import Budget
from qfusion_core.runs.folder import RunFolder
from qfusion_queue import Queue
from support.keys import QUEUE as SECRET
from support.queue_fixtures import NOISY_BACKENDS
from support.remote_circuit import QUICK

MORE = """
  second: {{type: queue, options: *options, credentials: *credentials, budget: *budget}}
  a-local-sampled-twin: {{type: noisy, options: {{shots: 1000, seed: 3}}}}
  breaks: {{type: wrong, options: {{how: breaks}}}}
  poor: {{type: queue, options: *options, credentials: *credentials, budget: {{max_shots: 9}}}}
"""


@pytest.fixture
def compares(shell, own, machine, tmp_path):
    """Runs ``compare`` on a few rows beside more backends than `shell` has."""
    text = (NOISY_BACKENDS + MORE.lstrip("\n")).format(url=machine.url)
    (tmp_path / "backends.yaml").write_text(text)
    return lambda names, *words: shell("compare", own, "--samples", 12, "--backends", names, *words)


def rows(out):
    document = json.loads(out)
    return {row["backend"]: row for row in document["backends"]}, document["failed"]


def test_a_bad_name_is_said_before_anything_runs(compares, machine):
    code, out, err = compares("queue,nosiy,sampled", "--yes")
    assert (code, out) == (2, "")
    assert err.startswith("error: unknown backend 'nosiy' in backends.yaml; did you mean 'noisy'?")
    assert not machine.jobs


@pytest.mark.parametrize("name", ["noisy", "sampled"])
def test_what_is_not_exact_is_no_reference(compares, machine, name):
    code, out, err = compares("queue", "--reference", name, "--yes")
    assert (code, out) == (2, "")
    assert f"backend '{name}' " in err
    assert "cannot be the reference; name an exact one as reference" in err
    assert not machine.jobs


def test_a_machine_that_fails_is_named_and_the_others_are_compared(compares, machine):
    machine.ends[0] = ("failed", "the fridge is warm")
    code, out, err = compares("queue,noisy", "--yes")
    assert code == 1
    assert "queue failed: queue: job job-0: failed: the fridge is warm; run the same again" in out
    assert "noisy" in out.split("\n\n")[0]
    assert err.splitlines()[-1] == (
        "error: 1 of 3 backends failed: queue; the report has the reasons"
    )
    code, out, err = compares("queue,noisy", "--yes", "--json")
    assert code == 0
    found, failed = rows(out)
    assert (list(found), failed) == (["exact", "queue", "noisy"], [])
    assert len(machine.jobs) == 2
    assert found["queue"]["cost"]["jobs"] == 2  # the one that failed was a job, too


def test_a_simulator_that_fails_is_named_and_the_others_are_compared(compares):
    code, out, err = compares("breaks,sampled", "--json")
    assert code == 1
    found, failed = rows(out)
    assert list(found) == ["exact", "sampled"]
    assert failed == [
        {
            "backend": "breaks",
            "device": "wrong",
            "reason": "ValueError: the simulator of ACME has a fault",
            "left": False,
        }
    ]
    assert err.splitlines()[-1] == (
        "error: 1 of 3 backends failed: breaks; the document has the reasons"
    )
    code, out, err = compares("sampled", "--reference", "breaks")
    assert (code, out) == (1, "")
    assert "the simulator of ACME has" in err


def test_what_cannot_be_opened_or_paid_is_said_before_the_rest_runs(compares, machine):
    code, out, err = compares("sampled,queue")
    assert (code, out) == (2, "")
    assert "queue costs money (about" in err
    code, out, err = compares("sampled,poor", "--yes")
    assert (code, out) == (3, "")
    assert "of max_shots 9 only 9 are left" in err
    assert not machine.jobs


def test_all_queues_are_waited_for_at_the_same_time(compares, machine):
    machine.seconds = 1.5
    code, out, _ = compares("queue,sampled,second", "--yes", "--json")
    assert code == 0
    found, _ = rows(out)
    assert list(found) == ["exact", "queue", "sampled", "second"]
    first, second = (job["at"] for job in machine.jobs.values())
    assert second - first < machine.seconds
    assert machine.requests.index("result") > 1 + machine.requests.index("submit")
    for name in ("queue", "second"):
        assert found[name]["cost"]["turnaround"] >= machine.seconds
    assert found["sampled"]["cost"]["turnaround"] is None


def test_jobs_can_be_left_and_come_back_to(compares, machine):
    machine.seconds = 0.4
    code, out, _ = compares("queue,noisy", "--yes", "--no-wait", "--json")
    assert code == 0
    found, failed = rows(out)
    assert list(found) == ["exact", "noisy"]
    assert (failed[0]["backend"], failed[0]["left"]) == ("queue", True)
    assert "job job-0: submitted; no job is lost" in failed[0]["reason"]
    code, out, _ = compares("queue,noisy", "--yes", "--again", "--json")  # nothing to do again yet
    assert code == 0
    found, failed = rows(out)
    assert (list(found), failed) == (["exact", "queue", "noisy"], [])
    assert len(machine.jobs) == 1
    again = rows(compares("queue,noisy", "--json")[1])[0]["queue"]
    assert len(machine.jobs) == 1
    assert again["cost"]["turnaround"] == found["queue"]["cost"]["turnaround"]
    assert again["versus_reference"] == found["queue"]["versus_reference"]
    assert compares("queue", "--yes", "--again", "--json")[0] == 0
    assert len(machine.jobs) == 2


def test_the_price_of_a_machine_is_an_estimate(compares):
    found = rows(compares("queue,sampled", "--yes", "--json")[1])[0]
    took = found["queue"]["cost"]
    assert (took["jobs"], took["shots"]) == (1, 12 * 2000)
    assert took["usd"] == {
        "low": pytest.approx(21.9),
        "high": pytest.approx(26.7),
        "basis": "estimate",
    }
    assert took["qpu_seconds"]["basis"] == "estimate"
    assert took["seconds_per_row"] == pytest.approx(took["turnaround"] / 12, abs=1e-3)
    free = {"low": 0, "high": 0, "basis": "free"}
    assert found["sampled"]["cost"]["usd"] == found["exact"]["cost"]["usd"] == free
    assert found["sampled"]["cost"]["shots"] == 12 * 1000
    assert (found["exact"]["cost"]["shots"], found["exact"]["cost"]["jobs"]) == (None, None)
    out = compares("queue,sampled", "--yes")[1]
    assert "~21.90-26.70" in out
    assert "~ is an estimate" in out


class Telling(Queue):
    """Says of its jobs what they really took, and what it made of the circuit."""

    def plan(self, circuit, angles, observables):
        return [
            Job(
                job.call,
                job.rows,
                job.columns,
                {**job.facts, "depth": 40 + position, "two_qubit_gates": 17 - position},
            )
            for position, job in enumerate(super().plan(circuit, angles, observables))
        ]

    def fetch(self, job, job_id):
        result = super().fetch(job, job_id)
        return Result(result.values, result.raw, qpu_seconds=1.5, usd=2.25)


def test_what_the_provider_said_takes_the_place_of_the_estimate(own, machine, shell):
    folder = RunFolder.open(own)
    part = folder.load_split(Registry()).test[np.arange(6)]
    model = qfusion_core.load(own, "exact")
    options = Telling.Options(url=machine.url, rows_per_job=2, **QUICK)
    with Measurement(own, "study", approve=True) as measurement:
        device = Telling(options, Telling.Credentials(token=SECRET))
        device.bound = Binding("telling", Budget(max_jobs=9), measurement)
        report = compare(model, part, {"exact": model.device, "telling": device})
    took = report.backends[1].cost
    assert (took.jobs, took.depth, took.two_qubit_gates, took.transpiled) == (3, 42, 17, True)
    assert (took.usd.low, took.usd.high, took.usd.basis) == (6.75, 6.75, "charged")
    assert (took.qpu_seconds.low, took.qpu_seconds.basis) == (4.5, "charged")
    exact = report.backends[0].cost
    assert exact.transpiled is False
    assert exact.two_qubit_gates == 6  # two layers on four qubits in a line


class Small(Queue):
    """Runs here, and is too small."""

    local = True

    def plan(self, circuit, angles, observables):
        raise InputError("small: the circuit has 4 qubits, this snapshot has 3")


def test_a_circuit_that_does_not_fit_a_snapshot_is_refused_before_anything_runs(
    own, machine, shell
):
    part = RunFolder.open(own).load_split(Registry()).test[np.arange(6)]
    model = qfusion_core.load(own, "exact")
    small = Small(Small.Options(url=machine.url), Small.Credentials(token=SECRET))
    devices = {"exact": model.device, "again": qfusion_core.open_backend("sampled"), "small": small}
    asked = []
    with pytest.raises(InputError, match="this snapshot has 3"):
        compare(model, part, devices, on_start=asked.append)
    assert asked == []


def test_a_reference_is_never_calibrated_and_others_say_that_they_are(compares, own, shell):
    assert shell("calibrate", own, "--backend", "exact", "--reference", "exact")[0] == 2
    assert shell("calibrate", own, "--backend", "secretive")[0] == 0
    code, out, err = compares("sampled", "--reference", "secretive", "--json")
    assert (code, err) == (0, "sampled: 12 rows\n")
    assert rows(out)[0]["secretive"]["calibrated"] is None
    shell("calibrate", own, "--backend", "sampled")
    found = rows(compares("sampled", "--json")[1])[0]["sampled"]
    assert found["calibrated"] is not None
    assert "1000 shots, calibrated" in compares("sampled")[1]
    assert "1000 shots, calibrated" not in compares("sampled", "--raw")[1]


def test_the_tables_fit_a_terminal_of_a_hundred_columns(compares, own, shell):
    assert shell("calibrate", own, "--backend", "a-local-sampled-twin")[0] == 0
    code, out, _ = compares("queue,noisy-queue,a-local-sampled-twin", "--yes")
    assert code == 0
    tables = out.split("\n\n")[:3]
    assert max(len(line.rstrip()) for table in tables for line in table.splitlines()) <= 100
    for table, titles in zip(
        tables,
        (
            ("macro F1 (95%)", "weighted", "accuracy", "agreement", "McNemar p", "ECE"),
            ("values", "rms error", "max error", "in s.e.", "worst at", "logit error"),
            ("jobs", "shots", "depth", "2-qubit", "seconds", "per row", "QPU s", "USD"),
        ),
        strict=True,
    ):
        assert all(title in table.splitlines()[0] for title in titles)
        assert len(table.splitlines()) == 5
    assert "* of the circuit as traced" in out
    assert "12 rows, compared with exact. With the quantum tokens set to zero: macro F1" in out
