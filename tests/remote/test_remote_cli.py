"""The command line with a machine that costs money: it shows, asks, leaves, and comes back."""

import gc
import json
import os
import re
import shlex
import shutil
import signal
import sys
import threading
import time

import pandas as pd
import pytest
from sklearn.datasets import load_wine

from qfusion_core import trust
from support.keys import QUEUE as SECRET

BACKENDS = """
version: 1
default: statevector
backends:
  statevector: {{type: statevector}}
  queue:
    type: queue
    options:
      {{url: "{url}", shots: 200, rows_per_job: 2, poll_seconds: 0.002, poll_seconds_max: 0.01,
       grace_seconds: 0.05, tries: 2}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
    budget: {{max_jobs: {most}}}
  reckless: {{type: queue, credentials: {{token: {{$env: QUEUE_TOKEN}}}}}}
"""


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained, tmp_path / "my run")


@pytest.fixture
def qfusion(qfusion, machine, tmp_path, monkeypatch):
    """Runs the command line beside a backends.yaml: (exit code, standard output, error)."""
    monkeypatch.setenv("QUEUE_TOKEN", SECRET)

    def _qfusion(*words, most=1000):
        (tmp_path / "backends.yaml").write_text(BACKENDS.format(url=machine.url, most=most))
        trust(tmp_path / "backends.yaml")
        return qfusion(*words)

    return _qfusion


@pytest.fixture
def evaluate(qfusion, run):
    """Evaluates five rows: three jobs of two rows."""
    return lambda *words, **options: qfusion(
        "evaluate", run, "--backend", "queue", "--samples", 5, *words, **options
    )


def test_it_shows_the_price_and_does_not_send_unasked(machine, evaluate):
    code, out, err = evaluate()
    assert (code, out) == (2, "")
    shown, error = err.splitlines()
    assert shown.startswith("queue: about 1.80 to 2.00 USD, about 0.00 to 0.20 s of QPU time; 3 ")
    assert "3 jobs, 5 executions, 1000 shots; the example's tariff (2026-10-01)" in shown
    assert error.startswith("error: queue costs money (about 1.80 to 2.00 USD, ")
    assert error.endswith("; add --yes to agree")
    assert not machine.jobs


@pytest.mark.parametrize(("answer", "jobs", "code"), [("y\n", 3, 0), ("n\n", 0, 1)])
def test_it_asks_on_a_terminal(machine, evaluate, monkeypatch, answer, jobs, code):
    ours, theirs = os.openpty()
    with open(theirs) as terminal, open(ours, "w") as keyboard:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", terminal)
        keyboard.write(answer)
        keyboard.flush()
        left, _, err = evaluate()
    assert left == code
    assert "Send it?" in err
    assert len(machine.jobs) == jobs


def test_a_second_evaluation_sends_nothing_and_again_sends_anew(machine, evaluate):
    documents = [json.loads(evaluate("--yes", "--json")[1]) for _ in range(2)]
    assert [document["rows"] for document in documents] == [5, 5]
    assert documents[0]["measurement"] == documents[1]["measurement"]
    assert documents[0]["macro_f1"] == documents[1]["macro_f1"]
    assert len(machine.jobs) == 3
    assert evaluate("--json")[0] == 0  # what is taken from the journal costs nothing
    again = json.loads(evaluate("--yes", "--again", "--json")[1])
    assert again["measurement"] != documents[0]["measurement"]
    assert len(machine.jobs) == 6


def test_an_estimate_is_what_the_journal_counts_afterwards(machine, qfusion, evaluate, run):
    words = ("estimate", run, "--backend", "queue", "--samples", 5)
    code, out, _ = qfusion(*words, "--json")
    assert code == 0
    estimate = json.loads(out)
    assert not machine.jobs
    assert not (run / "journal.sqlite").exists()
    evaluate("--yes")
    measurements = json.loads(qfusion("jobs", run, "--json")[1])["measurements"]
    (jobs,) = [each["jobs"] for each in measurements]
    assert estimate["jobs"] == estimate["price"]["tasks"] == len(jobs) == len(machine.jobs)
    for count in ("executions", "shots"):
        assert estimate["price"][count] == sum(job["price"][count] for job in jobs)
    for end in ("low", "high"):
        counted = sum(job["price"]["usd"][end] for job in jobs)
        assert estimate["price"]["usd"][end] == pytest.approx(counted)
    assert estimate["facts"] == {"settings": 1}
    assert estimate["rows"] == sum(job["rows"][1] - job["rows"][0] for job in jobs)
    text = qfusion(*words)[1]
    assert "An estimate: the machine's own account decides." in text
    assert estimate["width"] in text
    assert re.fullmatch(r"\d+ qubits, widest cone \d+", estimate["width"])
    assert "the example's tariff (2026-10-01)" in text
    assert "exact" not in text


def test_an_estimate_where_nothing_is_sent(qfusion, run):
    code, _, err = qfusion("estimate", run, "--backend", "statevector")
    assert code == 2
    assert err == "error: backend 'statevector' runs on this machine; it costs nothing but time\n"


def test_a_budget_that_is_used_up(machine, evaluate):
    assert evaluate("--yes", most=3)[0] == 0
    code, _, err = evaluate("--yes", "--again", most=3)
    assert code == 3
    assert err.splitlines()[-1].startswith(
        "error: queue: the plan needs up to 3 job(s), but of max_jobs 3 only 0 are left in this run"
    )
    assert len(machine.jobs) == 3


def test_a_backend_that_costs_money_names_a_budget(qfusion, run):
    code, _, err = qfusion("evaluate", run, "--backend", "reckless", "--yes")
    assert code == 2
    assert err == (
        "error: backends.yaml:13:13: backends.reckless: costs money and names no budget; add, for "
        "example, budget: {max_usd: 5, max_jobs: 20}\n"
    )


def test_leave_list_resume_and_evaluate(machine, evaluate, qfusion, run):
    machine.seconds = 60
    code, out, err = evaluate("--yes", "--no-wait")
    assert code == 0
    resume = f"qfusion jobs resume {shlex.quote(str(run))}"
    assert out == (
        "queue: job job-0, job-1, job-2: submitted; no job is lost: run the same again, or "
        f"`{resume}`\n"
    )
    assert "queue: 3 queued (position 1), 0 s" in err
    code, out, _ = qfusion("jobs", run)
    assert code == 0
    assert out.count("submitted") == 3
    measurement = json.loads(qfusion("jobs", run, "--json")[1])["measurements"][0]["id"]
    give_up = f"give up with `qfusion jobs forget {shlex.quote(str(run))} {measurement}`"
    assert f"{measurement} is open: run the same again to go on, or {give_up}" in out
    code, out, _ = qfusion("jobs", "resume", run, "--no-wait", "--json")
    assert code == 0
    assert json.loads(out)["left"].startswith("queue: job job-0, job-1, job-2: submitted; no job")
    machine.seconds = 0
    code, out, _ = qfusion("jobs", "resume", run, "--json")
    assert code == 0
    assert [job["job_id"] for job in json.loads(out)["done"]] == ["job-0", "job-1", "job-2"]
    assert qfusion("jobs", "resume", run)[1] == "done: nothing was left\n"
    assert evaluate()[0] == 0
    assert len(machine.jobs) == 3
    out = qfusion("jobs", "list", run)[1]
    assert out.count("done") == 3
    assert out.endswith("queue has spent up to 2.00 USD, 0.2 s of QPU time, 3 job(s), 1000 shots\n")


def test_resume_sends_what_was_not_sent(machine, evaluate, qfusion, run):
    machine.faults["submit"] = [None, 401]
    assert evaluate("--yes")[0] == 1
    code, _, err = qfusion("jobs", "resume", run)
    assert code == 2
    assert "queue costs money (about 1.14 to 1.26 USD, " in err
    assert "add --yes to agree; no job is lost: `qfusion jobs resume " in err
    measurement = json.loads(qfusion("jobs", run, "--json")[1])["measurements"][0]["id"]
    cancel, forget = (
        shlex.join(["qfusion", "jobs", verb, str(run)]) for verb in ("cancel", "forget")
    )
    assert err.endswith(f" --yes` goes on, `{cancel}` and then `{forget} {measurement}` give up\n")
    assert len(machine.jobs) == 1
    assert qfusion("jobs", "resume", run, "--yes")[1] == "done: job-0, job-1, job-2\n"
    assert len(machine.jobs) == 3


def test_resume_with_other_options_is_refused(machine, evaluate, qfusion, run):
    machine.faults["submit"] = [401]
    evaluate("--yes")
    text = BACKENDS.format(url=machine.url, most=10).replace("shots: 200", "shots: 300")
    (run.parent / "other.yaml").write_text(text)
    code, _, err = qfusion("jobs", "resume", run, "--backends-file", "other.yaml")
    assert code == 2
    assert "backend 'queue': its options have changed since measurement" in err
    assert not machine.jobs


@pytest.mark.parametrize("verb", ["evaluate", "predict"])
def test_a_backend_without_a_name_is_not_the_default(verb, machine, qfusion, run):
    """As from a shell's variable that is not set."""
    table = run.parent / "new.csv"
    load_wine(as_frame=True).data[:2].to_csv(table, index=False)
    file = [table] if verb == "predict" else []
    code, _, err = qfusion(verb, run, *file, "--backend", "")
    assert code == 2
    assert "is empty: is a variable of the shell not set?" in err


def test_the_run_may_come_before_the_verb(machine, evaluate, qfusion, run):
    machine.faults["submit"] = [None, 401]
    assert evaluate("--yes")[0] == 1
    assert qfusion("jobs", run, "resume", "--yes")[1] == "done: job-0, job-1, job-2\n"
    assert qfusion("jobs", run, "cancel", "--json")[0] == 0


def test_what_was_refused_leaves_nothing_open(machine, evaluate, qfusion, run):
    assert evaluate()[0] == 2  # nobody agreed
    assert evaluate("--yes", most=2)[0] == 3
    assert "open" not in qfusion("jobs", run)[1]


def test_an_estimate_says_what_is_left_of_the_budget(machine, evaluate, qfusion, run):
    words = ("estimate", run, "--backend", "queue", "--samples", 5)
    code, out, _ = qfusion(*words, most=5)
    assert code == 0
    assert out.endswith("queue: left of its budget in this run: max_jobs 5\n")
    assert evaluate("--yes", most=5)[0] == 0
    code, out, _ = qfusion(*words, most=5)
    assert code == 0
    assert "left of its budget in this run: max_jobs 2\nit would be refused: queue: the" in out
    budget = json.loads(qfusion(*words, "--json", most=5)[1])["budget"]
    assert budget["left"] == {"max_jobs": 2}
    assert "needs up to 3 job(s), but of max_jobs 5 only 2 are left" in budget["refusal"]
    assert evaluate("--yes", "--again", most=5)[0] == 3
    assert len(machine.jobs) == 3


def test_cancel_and_forget(machine, evaluate, qfusion, run):
    machine.seconds = 60
    machine.faults["submit"] = [None, "504 after", 401]
    assert evaluate("--yes")[0] == 1
    listed = json.loads(qfusion("jobs", run, "--json")[1])["measurements"]
    measurement = listed[0]["id"]
    code, _, err = qfusion("jobs", "forget", run, measurement)
    assert code == 2
    assert (
        f"job job-0 may be at the provider; first `qfusion jobs cancel '{run}' {measurement}`"
        in err
    )
    code, out, _ = qfusion("jobs", "cancel", run)
    assert code == 0
    assert out == f"cancelled: job-0, job-1, qf-{measurement}-0-2 (never sent)\n"
    assert [machine.status(job)["state"] for job in machine.jobs] == ["cancelled"] * 2
    assert qfusion("jobs", "forget", run, measurement)[1] == f"forgotten: {measurement}\n"
    assert f"{measurement} is forgotten" in qfusion("jobs", run)[1]
    machine.seconds = 0
    assert evaluate("--yes")[0] == 0
    assert len(machine.jobs) == 5
    # nothing is reserved for what was cancelled
    from qfusion_core.remote.journal.journal import Journal

    assert Journal(run).spent("queue").jobs == 3


def test_a_lost_reply_is_found_before_it_is_cancelled(machine, evaluate, qfusion, run):
    machine.seconds = 60
    machine.faults["submit"], machine.faults["find"] = ["lost"], [503] * 2
    assert evaluate("--yes")[0] == 1  # nothing is known of the first job, and nothing more is sent
    assert len(machine.jobs) == 1
    assert qfusion("jobs", "cancel", run)[1].startswith("cancelled: job-0, qf-")
    assert machine.status("job-0")["state"] == "cancelled"


def test_measurements_that_are_not_there(evaluate, qfusion, run, tmp_path):
    code, _, err = qfusion("jobs", run)
    assert code == 2
    assert err == (
        f"error: {run}: nothing was sent to a remote machine (no journal.sqlite in it)\n"
    )
    evaluate("--yes")
    code, _, err = qfusion("jobs", "cancel", run, "abc")
    assert code == 2
    assert "journal.sqlite: no measurement 'abc'; known: " in err
    code, _, err = qfusion("jobs", tmp_path / "typo")
    assert (code, err.endswith("typo: no such folder; expected that of a run\n")) == (2, True)


# an interrupt within a request leaves its socket to the collector of garbage
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_says_how_to_go_on(machine, evaluate, run):
    def interrupt():
        while len(machine.jobs) < 3 or "status" not in machine.requests:
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    machine.seconds = 60
    threading.Thread(target=interrupt, daemon=True).start()
    code, out, err = evaluate("--yes")
    assert (code, out) == (130, "")
    jobs = f"'{run}'"
    assert err.splitlines()[-1] == (
        "error: queue: interrupted; jobs that were submitted stay at the provider: run the same "
        f"again or `qfusion jobs resume {jobs}` to go on, `qfusion jobs cancel {jobs}` to cancel "
        "them"
    )
    gc.collect()
    machine.seconds = 0
    assert evaluate()[0] == 0
    assert len(machine.jobs) == 3


def test_predict_takes_samples_and_keeps_their_numbers(machine, qfusion, run, tmp_path):
    frame = load_wine(as_frame=True).frame.drop(columns="target")
    frame.to_csv(tmp_path / "wine.csv", index=False)
    words = ("predict", run, "wine.csv", "--backend", "queue", "--samples", 4, "--seed", 3)
    code, out, _ = qfusion(*words, "--yes", "--json")
    assert code == 0
    rows = [row["row"] for row in json.loads(out)]
    assert rows == sorted(rows)
    assert len(set(rows)) == 4
    assert len(machine.jobs) == 2
    assert qfusion(*words, "--json")[1] == out
    assert len(machine.jobs) == 2
    code, _, err = qfusion("predict", run, "wine.csv", "--samples", 1000)
    assert code == 2
    assert ": samples 1000: expected 1 to 178, the rows of the file" in err
    every = pd.read_csv(tmp_path / "wine.csv")
    assert len(every) == 178


def test_compare_asks_and_reuses(machine, qfusion, run):
    words = ("compare", run, "--backends", "queue", "--samples", 4, "--json")
    assert qfusion(*words)[0] == 2
    code, out, _ = qfusion(*words, "--yes")
    assert code == 0
    versus = json.loads(out)["backends"][1]["versus_reference"]
    assert versus["expectation_error"]["largest"] < 0.5
    assert qfusion(*words)[0] == 0
    assert len(machine.jobs) == 2


def test_on_a_terminal_the_state_is_shown_live(machine, evaluate, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    machine.seconds, status = 3600, machine.status

    def until_it_was_looked_at(job_id):
        if machine.requests.count("status") > 6:  # each of the three twice
            machine.seconds = 0
        return status(job_id)

    monkeypatch.setattr(machine, "status", until_it_was_looked_at)
    code, _, err = evaluate("--yes")
    assert code == 0
    assert "queue: 3 queued (position 1)" in err.partition("2026-10-01")[2]


def test_a_failed_job_is_named(machine, evaluate):
    machine.ends[1] = ("failed", f"calibration drifted {SECRET}")
    code, _, err = evaluate("--yes")
    assert code == 1
    assert err.splitlines()[-1].startswith(
        "error: queue: job job-1: failed: calibration drifted (hidden); run the same again to send"
    )


def test_only_what_the_provider_confirms_is_cancelled(machine, evaluate, qfusion, run):
    """It was asked, and says that all three run: they may end, and cost money."""
    machine.seconds = 60
    assert evaluate("--yes", "--no-wait")[0] == 0
    cancel, machine.cancel = machine.cancel, lambda job_id: {}
    code, out, err = qfusion("jobs", "cancel", run)
    assert (code, out) == (1, "")
    assert "asked to cancel, not confirmed: job-0, job-1, job-2; they may run on" in err
    assert f"`qfusion jobs cancel '{run}'` asks again" in err
    document = json.loads(qfusion("jobs", "cancel", run, "--json")[1])
    assert [len(document[name]) for name in ("cancelled", "asked", "ended")] == [0, 3, 0]
    machine.cancel, machine.jobs["job-1"]["end"] = cancel, ("done", "")
    code, out, _ = qfusion("jobs", "cancel", run)
    assert (code, out) == (0, "cancelled: job-0, job-2\nhad ended before: job-1\n")


def test_one_job_that_cannot_be_asked_for_keeps_no_other_from_being_cancelled(
    machine, evaluate, qfusion, run
):
    machine.seconds = 60
    assert evaluate("--yes", "--no-wait")[0] == 0
    machine.faults["cancel"] = [403]
    code, out, err = qfusion("jobs", "cancel", run)
    assert (code, out) == (1, "cancelled: job-1, job-2\n")
    assert err.startswith("error: queue: job job-0: ")
    assert f"nothing was changed; `qfusion jobs cancel '{run}'` again" in err


def test_resume_after_a_cancel_says_how_to_go_on(machine, evaluate, qfusion, run):
    machine.seconds = 60
    evaluate("--yes", "--no-wait")
    qfusion("jobs", "cancel", run)
    code, out, _ = qfusion("jobs", "resume", run)
    assert code == 0
    (measurement,) = json.loads(qfusion("jobs", run, "--json")[1])["measurements"]
    assert out == (
        f"done: nothing was left\nmeasurement {measurement['id']} (evaluate) is open, 3 of its "
        "jobs failed or were cancelled: run the same again to send them anew, or "
        f"`qfusion jobs forget '{run}' {measurement['id']}`\n"
    )


def test_what_nobody_can_ask_for_any_more_can_be_forgotten(machine, evaluate, qfusion, run):
    machine.seconds = 60
    evaluate("--yes", "--no-wait")
    (measurement,) = json.loads(qfusion("jobs", run, "--json")[1])["measurements"]
    words = ("jobs", "forget", run, measurement["id"])
    code, _, err = qfusion(*words)
    assert code == 2
    assert f"`qfusion jobs forget '{run}' {measurement['id']} --yes`" in err
    assert qfusion(*words, "--yes")[0] == 0
    assert qfusion("jobs", "resume", run)[1] == "done: nothing was left\n"
    machine.seconds = 0
    assert evaluate("--yes")[0] == 0
    assert len(machine.jobs) == 6
    from qfusion_core.remote.journal.journal import Journal

    assert Journal(run).spent("queue").jobs == 6  # what it may cost is counted all the same


def test_an_estimate_says_what_is_measured_already(machine, evaluate, qfusion, run):
    words = ("estimate", run, "--backend", "queue", "--samples", 5)
    assert "have a measurement" not in qfusion(*words)[1]
    assert json.loads(qfusion(*words, "--json")[1])["measurement"] is None
    machine.seconds = 60
    evaluate("--yes", "--no-wait")
    assert "these rows have a measurement, open: evaluate would go on with it" in qfusion(*words)[1]
    machine.seconds = 0
    measurement = json.loads(evaluate("--yes", "--json")[1])["measurement"]
    assert (
        f"{measurement}: these rows have a measurement, finished: evaluate would take its values "
        "and send nothing; --again measures anew" in qfusion(*words)[1]
    )
    document = json.loads(qfusion(*words, "--json")[1])
    assert document["measurement"] == {"id": measurement, "state": "finished"}


def test_all_runs_are_summed(machine, evaluate, qfusion, run):
    assert evaluate("--yes")[0] == 0
    code, out, _ = qfusion("jobs", "--all")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["backend", "queue", "queue"]
    assert "my run" in out and "all runs" in out and "2.00" in out
    (sums,) = json.loads(qfusion("jobs", "--all", "--json")[1])["spent"].values()
    assert sums["total"] == sums["runs"][str(run)]
    assert sums["total"]["jobs"] == 3


def test_jobs_alone_says_what_it_expects(qfusion):
    code, out, err = qfusion("jobs")
    assert code == 2
    assert "resume" in out and "cancel" in out
    assert err == (
        "error: qfusion jobs: expected the folder of a run, or a verb; see qfusion jobs --help\n"
    )
