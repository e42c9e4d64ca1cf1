"""A verb is a measurement: going on replays, and measuring again measures."""

import json
import logging
import sqlite3

import pytest
import torch

from qfusion_core import (
    BudgetError,
    InputError,
    JobsLeft,
    JobsPending,
    JobStatus,
    Measurement,
    QfusionError,
    Result,
    Unreadable,
)
from qfusion_core.remote.execution.run_call import evaluate, submit
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.budget import Budget
from qfusion_core.testing import ReferenceDevice
from qfusion_core.workflows import unfinished_jobs
from qfusion_queue import Queue
from support.remote_circuit import CIRCUIT, DATA, WEIGHTS, WORDS


def test_a_finished_measurement_is_reused_unless_again(machine, measure):
    first = measure()
    assert torch.equal(measure(), first)
    assert len(machine.jobs) == 3
    second = measure(again=True)
    assert len(machine.jobs) == 6
    assert not torch.equal(second, first)  # drawn anew
    assert torch.equal(measure(), second)  # the last one counts


def test_again_goes_on_with_what_is_unfinished(machine, measure):
    machine.seconds = 60
    for _ in range(2):
        with pytest.raises(JobsLeft):
            measure(again=True, wait=False)
    machine.seconds = 0
    measure(again=True)
    assert len(machine.jobs) == 3


def test_a_call_is_submitted_now_and_waited_for_later(machine, measure, connect, tmp_path):
    machine.seconds = 60
    call = Call.of(CIRCUIT, CIRCUIT.angles(DATA, WEIGHTS), WORDS)
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        device = connect(measurement)
        assert len(submit(device, call).unfinished) == 3
        machine.seconds = 0
        assert submit(device, call).unfinished == []
        values, _ = evaluate(device, call)
    assert len(machine.jobs) == 3
    assert torch.equal(measure(), values)


def test_another_verb_or_subject_is_another_measurement(machine, measure):
    for verb, subject in (("evaluate", ""), ("evaluate", "ten rows"), ("predict", "")):
        measure(verb, subject)
    assert len(machine.jobs) == 9


def test_only_options_that_change_values_count(machine, measure):
    measure()
    measure(timeout_seconds=7, poll_seconds=0.003, tries=2)
    assert len(machine.jobs) == 3
    measure(shots=50)
    assert len(machine.jobs) == 6


def test_the_stored_plan_is_used(machine, measure, monkeypatch):
    from qfusion_queue import Queue

    options = Queue.Options  # as if the size of a job changed no value
    monkeypatch.setattr(options, "neutral", options.neutral | {"rows_per_job"})
    machine.seconds = 60
    with pytest.raises(JobsLeft):
        measure(wait=False)
    machine.seconds = 0
    values = measure(rows_per_job=3)
    assert len(machine.jobs) == 3
    assert values.shape == (3, 3)


def test_the_last_bits_of_angles_do_not_count(machine, measure):
    values = measure()
    assert torch.equal(measure(data=DATA + 4e-7), values)
    assert torch.equal(measure(data=DATA.float()).double(), values.float().double())
    assert len(machine.jobs) == 3


@pytest.mark.parametrize(
    ("data", "difference"),
    [(DATA + 1e-3, "angles differ by up to 0.001"), (DATA[:2], "3 rows then, 2 now")],
)
def test_other_rows_are_not_given_the_values_of_these(
    machine, measure, failure, journal, data, difference, tmp_path
):
    measure()
    line = failure(InputError, measure, data=data)
    (row,) = journal.measurements()
    assert line == (
        f"queue: call 0 of measurement {row['id']} is not what was asked before ({difference}): "
        "the model, the rows or the order of calls have changed; give it up with `qfusion jobs "
        f"forget {tmp_path / 'run'} {row['id']}`, then run again"
    )
    journal.set_state(row["id"], "forgotten")
    measure(data=data)
    assert len(machine.jobs) == 3 + len(data)


def test_calls_are_numbered_and_a_backward_pass_is_one_more(machine, connect, journal, tmp_path):
    gradients = []
    for _ in range(2):  # the second time from the journal
        data, weights = DATA.clone().requires_grad_(), WEIGHTS.clone().requires_grad_()
        with Measurement(tmp_path / "run", "study") as measurement:
            device = connect(measurement, shots=100_000, rows_per_job=100)
            values = device.expectations(CIRCUIT, data, weights, WORDS)
            gradients.append(torch.autograd.grad(values.sum(), (data, weights)))
        assert len(machine.jobs) == 2
    assert all(torch.equal(*pair) for pair in zip(*gradients, strict=True))
    assert [entry.at.number for entry in journal.jobs.all()] == [0, 1]
    assert [entry.rows for entry in journal.jobs.all()] == [(0, 3), (0, 12)]
    exact = ReferenceDevice(ReferenceDevice.example())
    data, weights = DATA.clone().requires_grad_(), WEIGHTS.clone().requires_grad_()
    expected = torch.autograd.grad(
        exact.expectations(CIRCUIT, data, weights, WORDS).sum(), (data, weights)
    )
    for found, wanted in zip(gradients[0], expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=0.05)


def test_without_gradient_nothing_is_shifted(machine, connect, forward, tmp_path):
    with torch.no_grad(), Measurement(tmp_path, "evaluate") as measurement:
        forward(connect(measurement, rows_per_job=100))
    assert [len(job["angles"]) for job in machine.jobs.values()] == [3]


def test_an_open_device_measures_each_time(machine, connect, forward, tmp_path):
    device = connect(Measurement(tmp_path))
    first, second = forward(device), forward(device)
    assert len(machine.jobs) == 6
    assert not torch.equal(first, second)


def test_an_open_device_goes_on_with_a_call_that_was_left(machine, connect, forward, tmp_path):
    machine.seconds = 60
    with pytest.raises(JobsPending):
        forward(connect(Measurement(tmp_path), timeout_seconds=0))
    machine.seconds = 0
    forward(connect(Measurement(tmp_path)))
    assert len(machine.jobs) == 3
    forward(connect(Measurement(tmp_path)))
    assert len(machine.jobs) == 6


def test_without_a_run_the_journal_has_a_folder_that_is_named(connect, forward, caplog):
    with caplog.at_level(logging.WARNING):
        device = connect()
        forward(device)
    (record,) = caplog.records
    folder = device.bound.measurement.folder
    assert record.getMessage() == (
        f"no run folder is given: the journal of remote jobs is in {folder}"
    )
    assert folder.parent.name == "qfusion"
    assert (folder / "journal.sqlite").is_file()


def test_raw_results_stay_beside_the_values(machine, measure, journal):
    values = measure()
    for row, entry in enumerate(journal.jobs.all()):
        raw = json.loads(journal.jobs.raw(entry.key))
        assert torch.equal(torch.tensor(raw["values"]).double(), values[row : row + 1])
        shots = machine.jobs[entry.job_id]["shots"]
        assert (2 * torch.tensor(raw["counts"]) / shots - 1).allclose(torch.tensor(raw["values"]))


def test_a_measurement_has_its_provenance(measure, journal):
    measure("evaluate", "three rows")
    (row,) = journal.measurements()
    assert (row["verb"], row["subject"], row["backend"], row["device"], row["state"]) == (
        "evaluate", "three rows", "queue", "queue", "finished",
    )  # fmt: skip
    assert "torch" in row["provenance"]["versions"]


def test_a_failed_plan_leaves_the_measurement_open(machine, measure, journal, failure):
    machine.faults["submit"] = [401]
    failure(QfusionError, measure)
    assert [row["state"] for row in journal.measurements()] == ["open"]


def test_a_refused_plan_sends_and_reserves_nothing(machine, measure, journal, failure):
    line = failure(BudgetError, measure, budget=Budget(max_jobs=2))
    assert "needs up to 3 job(s), but of max_jobs 2 only 2 are left" in line
    assert machine.requests == []
    assert journal.jobs.all() == []
    measure(budget=Budget(max_jobs=3))


def test_what_is_given_up_before_it_is_sent_is_not_spent(machine, measure, journal, failure):
    machine.faults["submit"] = [401]
    failure(QfusionError, measure)
    assert journal.spent("queue").jobs == 3
    for entry in journal.jobs.all():
        journal.jobs.ended(entry.key, "cancelled", "given up")
    assert journal.spent("queue").jobs == 0


def test_what_another_process_sends_meanwhile_is_not_forgotten(
    machine, measure, journal, failure, tmp_path, monkeypatch
):
    """Between the look at the jobs and the change of their rows."""
    machine.faults["submit"], machine.seconds = [401], 60
    failure(QfusionError, measure)
    chosen = unfinished_jobs.chosen

    def slowly(*arguments):
        rows = chosen(*arguments)
        monkeypatch.setattr(unfinished_jobs, "chosen", chosen)
        failure(JobsPending, measure, timeout_seconds=0.05)
        return rows

    monkeypatch.setattr(unfinished_jobs, "chosen", slowly)
    line = failure(InputError, unfinished_jobs.forget_measurements, tmp_path / "run", [])
    assert "may be at the provider; first `qfusion jobs cancel" in line
    assert [entry.state for entry in journal.jobs.all()] == ["submitted"] * 3
    assert journal.spent("queue").jobs == len(machine.jobs) == 3


def test_the_id_of_a_job_that_was_given_up_meanwhile_is_kept(machine, measure, journal, failure):
    machine.faults["submit"] = [401]
    failure(QfusionError, measure)
    (first, *_) = journal.jobs.all()
    assert journal.jobs.never_sent(first.key, "given up")
    assert not journal.jobs.never_sent(first.key, "given up")
    journal.jobs.submitted(first.key, "job-9")
    (first, *_) = journal.jobs.all()
    assert (first.state, first.job_id) == ("submitted", "job-9")


def test_a_paid_device_needs_a_budget(connect, forward, failure):
    device = connect()
    device.bound = type(device.bound)("queue")
    line = failure(InputError, forward, device)
    assert line == (
        "device 'queue' costs money and has no budget; open it as a backend with, for example, "
        "budget: {max_usd: 5, max_jobs: 20} in backends.yaml"
    )


def test_a_local_device_keeps_no_journal(machine, connect, forward, tmp_path):
    device = connect(Measurement(tmp_path / "run"))
    device.local, machine.seconds = True, 0.05
    assert forward(device).shape == (3, 3)
    assert not (tmp_path / "run").exists()
    machine.ends[3] = ("failed", "out of memory")
    with pytest.raises(QfusionError, match="queue: job job-3: out of memory"):
        forward(device)


def test_values_that_do_not_fit_are_a_fault_of_the_plugin(machine, connect, forward, tmp_path):
    device = connect(Measurement(tmp_path, "evaluate"))
    good, device.fetch = device.fetch, lambda job, job_id: Result(torch.zeros(2, 3))
    with pytest.raises(
        QfusionError, match=r"job-0: device 'queue' gave torch.Tensor of shape \[2, 3\] for"
    ):
        forward(device)
    device.fetch = good
    forward(device)
    assert len(machine.jobs) == 3


@pytest.mark.parametrize(("mitigates", "value"), [(False, 1.25), (False, -5.0), (True, 101.0)])
def test_a_value_that_no_mean_can_be_is_refused(
    machine, measure, journal, failure, monkeypatch, mitigates, value
):
    monkeypatch.setattr(Queue, "mitigates", mitigates)
    result = machine.result
    machine.result = lambda job_id: {
        "values": [[value] * len(row) for row in result(job_id)["values"]]
    }
    line = failure(Unreadable, measure)
    assert f"gave {value} for row 0, observable {WORDS[0]}, expected a value of -1 to 1" in line
    assert ("near it" in line) == mitigates
    assert {entry.state for entry in journal.jobs.all()} == {"submitted"}


def test_mitigated_values_may_leave_the_interval(machine, measure, monkeypatch):
    monkeypatch.setattr(Queue, "mitigates", True)
    result = machine.result
    machine.result = lambda job_id: {
        "values": [[1.25] * len(row) for row in result(job_id)["values"]]
    }
    assert float(measure().max()) == 1.25


def test_a_state_of_the_providers_own_is_a_fault_of_the_plugin(connect, forward, tmp_path):
    device = connect(Measurement(tmp_path, "evaluate"))
    device.status = lambda job_id: JobStatus("COMPLETED")
    with pytest.raises(QfusionError, match="status returned 'COMPLETED', expected one of queued, "):
        forward(device)


def test_a_newer_journal_is_refused(measure, tmp_path, failure):
    measure()
    path = tmp_path / "run" / "journal.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 9")
    db.close()
    assert failure(InputError, measure) == (
        f"{path}: version 9 is newer than this qfusion reads (4); upgrade qfusion"
    )


@pytest.mark.parametrize("content", ["text", "table"])
def test_what_is_no_journal_is_refused_and_left_alone(measure, tmp_path, failure, content):
    path = tmp_path / "run" / "journal.sqlite"
    path.parent.mkdir()
    if content == "text":
        path.write_text("a diary, and quite a long one: " * 100)
    else:
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE mine (a)")
        db.close()
    before = path.read_bytes()
    assert "not a journal of qfusion" in failure(InputError, measure)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written(connect, forward, tmp_path, failure):
    path = tmp_path / "file"
    path.write_text("")
    line = failure(InputError, forward, connect(Measurement(path, "evaluate")))
    assert line == f"{path}: cannot write a journal there (File exists); give another run"
