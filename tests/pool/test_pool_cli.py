"""``type: pool`` from the command line: what users write, read, and get told."""

import json
import re
import sys

import pytest
import torch
import yaml

import qfusion_core
from machine import Machine
from qfusion_core import trust
from qfusion_core.backends.file import Backends
from qfusion_core.errors import InputError
from support.keys import QUEUE as SECRET

BACKENDS = """
version: 1
default: exact
backends:
  exact: {{type: statevector}}
  noisy: {{type: noisy, options: {{readout_error: [0.05, 0.1], two_qubit: 0.03}}}}
  left:
    type: queue
    options: &options {{url: "{left}", shots: 2000, rows_per_job: 4, {quick}}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
    budget: {{max_jobs: {most}}}
  right:
    type: queue
    options: {{<<: *options, url: "{right}"}}
    credentials: {{token: {{$env: RIGHT_TOKEN}}}}
    budget: {{max_jobs: {other}}}
  reckless: {{type: queue, credentials: {{token: {{$env: QUEUE_TOKEN}}}}}}
  both: {{type: pool, options: {{backends: [left, right], share: {share}}}}}
  mixed: {{type: pool, options: {{backends: [noisy, left]}}}}
  here: {{type: pool, options: {{backends: [noisy, exact], share: {{noisy: 3, exact: 1}}}}}}
"""
QUICK = "poll_seconds: 0.002, poll_seconds_max: 0.01, grace_seconds: 0.05, tries: 2"


@pytest.fixture
def right():
    """A second machine that runs."""
    machine = Machine(token=SECRET)
    with machine.running() as machine.url:
        yield machine


@pytest.fixture
def qfusion(qfusion, machine, right, tmp_path, monkeypatch):
    """Runs the command line beside two machines: (exit code, standard output, error)."""
    monkeypatch.setenv("QUEUE_TOKEN", SECRET)
    monkeypatch.setenv("RIGHT_TOKEN", SECRET)

    def _qfusion(*words, most=100, other=100, share="even"):
        text = BACKENDS.format(
            left=machine.url, right=right.url, quick=QUICK, most=most, other=other, share=share
        )
        (tmp_path / "backends.yaml").write_text(text)
        trust(tmp_path / "backends.yaml")
        return qfusion(*words)

    return _qfusion


@pytest.fixture
def evaluate(qfusion, own):
    """Evaluates ten rows on both machines."""
    return lambda *words, backend="both", **options: qfusion(
        "evaluate", own, "--backend", backend, "--samples", 10, *words, **options
    )


def test_evaluate_shows_each_price_and_which_rows_came_from_where(machine, right, evaluate, own):
    code, out, err = evaluate()
    assert code == 2
    assert "left: about " in err.splitlines()[0]
    assert "error: both costs money" in err
    assert not (machine.jobs or right.jobs)
    code, out, err = evaluate("--yes", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["shares"] == {
        "left": {"rows": [[1, 5]], "calibrated": None},
        "right": {"rows": [[6, 10]], "calibrated": None},
    }
    assert (document["rows"], document["calibrated"]) == (10, None)
    assert [line.split(":")[0] for line in err.splitlines() if " USD" in line] == ["left", "right"]
    assert (len(machine.jobs), len(right.jobs)) == (2, 2)
    code, out, err = evaluate()
    assert code == 0
    assert "rows 1-5 from left (raw)\nrows 6-10 from right (raw)\n" in err
    again = json.loads(evaluate("--yes", "--again", "--json")[1])
    assert again["measurement"] != document["measurement"]
    assert (len(machine.jobs), len(right.jobs)) == (4, 4)


def test_estimate_shows_each_member_and_the_sum(machine, right, qfusion, own, evaluate):
    words = ("estimate", own, "--backend", "both", "--samples", 10)
    document = json.loads(qfusion(*words, "--json", share="{left: 3, right: 1}")[1])
    members = {each["backend"]: each for each in document["members"]}
    assert {name: each["rows"] for name, each in members.items()} == {"left": 8, "right": 2}
    assert document["rows"] == 10
    for what in ("tasks", "shots", "executions"):
        assert document["price"][what] == sum(each["price"][what] for each in members.values())
    assert document["jobs"] == sum(each["jobs"] for each in members.values()) == 3
    for end in ("low", "high"):
        counted = sum(each["price"]["usd"][end] for each in members.values())
        assert document["price"]["usd"][end] == pytest.approx(counted)
    assert not (machine.jobs or right.jobs)
    assert not (own / "journal.sqlite").exists()
    text = qfusion(*words)[1]
    assert [line.split()[0] for line in text.splitlines()[1:4]] == ["left", "right", "both"]
    assert "An estimate: the machine's own account decides." in text
    evaluate("--yes", share="{left: 3, right: 1}")
    assert (len(machine.jobs), len(right.jobs)) == (2, 1)
    code, _, err = qfusion("estimate", own, "--backend", "here")
    assert code == 2
    assert "backend 'here' runs on this machine" in err


def test_jobs_are_listed_with_their_backends_and_resumed(machine, right, evaluate, qfusion, own):
    machine.seconds = right.seconds = 60
    code, out, _ = evaluate("--yes", "--no-wait")
    assert code == 0
    assert out.startswith("both: job left job-0, left job-1, right job-0, right job-1: submitted;")
    listed = json.loads(qfusion("jobs", own, "--json")[1])
    (measurement,) = listed["measurements"]
    assert measurement["backend"] == "both"
    assert [job["backend"] for job in measurement["jobs"]] == ["left", "left", "right", "right"]
    assert {name: spent["jobs"] for name, spent in listed["spent"].items()} == {
        "left": 2, "right": 2,
    }  # fmt: skip
    text = qfusion("jobs", own)[1]
    assert re.search(r"evaluate +test part, 10 rows, seed 0 +right +0 +job-1 +submitted", text)
    assert "left has spent up to " in text
    machine.seconds = right.seconds = 0
    code, out, _ = qfusion("jobs", "resume", own)
    assert (code, out) == (0, "done: job-0, job-1, job-0, job-1\n")
    assert evaluate()[0] == 0
    assert (len(machine.jobs), len(right.jobs)) == (2, 2)


def test_resume_hands_over_too(machine, right, evaluate, qfusion, own):
    machine.seconds = right.seconds = 60
    evaluate("--yes", "--no-wait")
    machine.ends[0], machine.seconds, right.seconds = ("failed", "power cut"), 0, 0
    code, _, err = qfusion("jobs", "resume", own)
    assert code == 2  # what stands in costs money, and nobody has agreed to that in this process
    assert "both costs money (about " in err
    code, out, _ = qfusion("jobs", "resume", own, "--yes")
    assert code == 0
    assert out == "done: job-2\n"  # the others' values are there already
    assert evaluate()[0] == 0
    assert (len(machine.jobs), len(right.jobs)) == (2, 3)


def test_cancel_reaches_both(machine, right, evaluate, qfusion, own):
    machine.seconds = right.seconds = 60
    evaluate("--yes", "--no-wait")
    code, out, _ = qfusion("jobs", "cancel", own)
    assert (code, out) == (0, "cancelled: job-0, job-1, job-0, job-1\n")
    for each in (machine, right):
        assert {each.status(job)["state"] for job in each.jobs} == {"cancelled"}


def test_a_failure_and_a_budget_are_said_once(machine, right, evaluate):
    machine.ends[0] = ("failed", f"calibration drifted {SECRET}")
    code, _, err = evaluate("--yes", most=1)
    assert code == 0
    lines = [line for line in err.splitlines() if line.startswith("both: ") and " row" in line]
    assert lines[0] == "both: the budget of left takes 4 of its 5 rows; others get the rest"
    assert lines[1].startswith("both: 4 row(s) of left go to right (about ")
    assert lines[1].endswith(": failed: calibration drifted (hidden)")
    assert "rows 1-10 from right (raw)" in err
    code, _, err = evaluate("--yes", "--again", most=1)
    assert code == 0  # nothing is reserved for what failed
    assert "both: the budget of left takes 4 of its 5 rows; others get the rest" in err


def test_budgets_that_do_not_suffice_end_with_3(machine, right, evaluate):
    assert evaluate("--yes", backend="mixed", most=1)[0] == 0  # the simulator takes the rest
    assert len(machine.jobs) == 1
    code, _, err = evaluate("--yes", most=1, other=2)
    assert code == 3
    assert err.splitlines()[-1] == (
        "error: both: the budgets take 8 of 10 row(s) (left: the plan needs up to 1 job(s), but of "
        "max_jobs 1 only 0 are left in this run; right: the plan needs up to 3 job(s), but of "
        "max_jobs 2 only 2 are left in this run); nothing of it was sent; use fewer rows or "
        "shots, or raise a budget in backends.yaml"
    )
    assert (len(machine.jobs), len(right.jobs)) == (1, 0)


def test_a_member_without_a_secret_is_left_out(machine, right, evaluate, qfusion, monkeypatch):
    monkeypatch.delenv("RIGHT_TOKEN")
    code, _, err = evaluate("--yes")
    assert code == 0
    assert "both: without right: backends.yaml:" in err
    assert "the environment variable RIGHT_TOKEN is not set" in err
    assert (len(machine.jobs), len(right.jobs)) == (3, 0)
    row = next(
        each for each in json.loads(qfusion("backends", "--json")[1])["backends"]
        if each["name"] == "both"
    )  # fmt: skip
    assert row["status"] == "needs the network"
    assert row["reason"].startswith("without right: ")
    monkeypatch.delenv("QUEUE_TOKEN")
    code, _, err = evaluate("--yes", "--again")
    assert code == 2
    assert "backends.both: no member can be opened (left: " in err


def test_each_member_is_calibrated_by_itself(machine, qfusion, own):
    code, _, err = qfusion("calibrate", own, "--backend", "mixed")
    assert code == 2
    assert err == (
        "error: backend 'mixed' is a pool, and each member has a calibration of its own, which the "
        f"pool applies: `qfusion calibrate {own} --backend noisy`, `qfusion calibrate {own} "
        "--backend left`\n"
    )
    assert qfusion("calibrate", own, "--backend", "noisy")[0] == 0
    words = ("evaluate", own, "--backend", "mixed", "--samples", 8, "--json")
    code, out, err = qfusion(*words, "--yes")
    assert code == 0
    assert "noisy: calibrated on 32 training rows" in err
    shares = json.loads(out)["shares"]
    kept = yaml.safe_load((own / "calibration" / "noisy.yaml").read_text())
    assert shares["noisy"] == {"rows": [[1, 4]], "calibrated": kept["measured"]}
    assert shares["left"] == {"rows": [[5, 8]], "calibrated": None}
    raw = json.loads(qfusion(*words, "--raw")[1])
    assert raw["shares"]["noisy"]["calibrated"] is None
    assert len(machine.jobs) == 1  # the same measurement: raw values are kept

    pooled = qfusion_core.load(own, "mixed", approve=True).double()
    alone = {name: qfusion_core.load(own, name).double() for name in ("noisy", "exact")}
    _, x_q = pooled.preprocess(torch.randn(4, 13, generator=torch.Generator().manual_seed(1)))
    with torch.no_grad():
        values = pooled.quantum.expectations(x_q)
        noisy = alone["noisy"].quantum.expectations(x_q)
        exact = alone["exact"].quantum.expectations(x_q)
    assert torch.allclose(values[:2], noisy[:2])  # as corrected as by itself
    assert torch.allclose(values[2:], exact[2:], atol=0.12)  # as the machine gave them


def test_a_pool_of_simulators_leaves_no_journal(qfusion, own):
    code, out, err = qfusion("evaluate", own, "--backend", "here", "--samples", 8, "--json")
    assert code == 0
    assert {name: each["rows"] for name, each in json.loads(out)["shares"].items()} == {
        "noisy": [[1, 6]], "exact": [[7, 8]],
    }  # fmt: skip
    assert err == ""
    assert not (own / "journal.sqlite").exists()


def test_compare_takes_a_pool(qfusion, own):
    code, out, _ = qfusion("compare", own, "--backends", "here", "--samples", 8, "--json")
    assert code == 0
    assert json.loads(out)["backends"][1]["backend"] == "here"


def test_compare_takes_a_pool_of_machines(machine, right, qfusion, own):
    words = ("compare", own, "--backends", "both,left", "--samples", 8, "--json")
    code, out, _ = qfusion(*words, "--yes")
    assert code == 0
    names = [each["backend"] for each in json.loads(out)["backends"]]
    assert names == ["exact", "both", "left"]
    bought = len(machine.jobs), len(right.jobs)
    assert bought == (3, 1)
    assert qfusion(*words)[0] == 0
    assert (len(machine.jobs), len(right.jobs)) == bought


def test_training_and_dry_runs_name_the_members(qfusion, own, tmp_path):
    quick = ("--preset", "hardware", "--set", "training.epochs=1")
    code, _, err = qfusion("train", "wine", *quick, "--backend", "both", "--out", tmp_path / "no")
    assert code == 2
    assert "no gradients through a pool" in err
    assert not (tmp_path / "no").exists()
    code, _, err = qfusion("evaluate", own, "--backend", "both", "--dry-run")
    assert code == 2
    assert "backend 'both' is a pool; make a dry run of its members one by one: left, right" in err


def test_refit_takes_the_values_of_all(machine, right, qfusion, own, tmp_path):
    words = ("refit", own, "--backend", "both", "--samples", 20, "--epochs", 1, "--yes", "--json")
    assert qfusion(*words, "--out", tmp_path / "refit")[0] == 0
    bought = len(machine.jobs), len(right.jobs)
    assert all(bought)
    assert qfusion(*words, "--out", tmp_path / "again")[0] == 0
    assert (len(machine.jobs), len(right.jobs)) == bought


def test_the_doctor_examines_each_member(machine, right, qfusion, monkeypatch):
    right.faults["look"] = [401]
    code, out, _ = qfusion("backends", "both", "--check", "--json")
    assert code == 0  # one member is enough
    (row,) = json.loads(out)["backends"]
    found = {each["what"]: each["status"] for each in row["findings"]}
    assert found["left: machine"] == "ok"
    assert found["right: machine"] == "warning"
    machine.faults["look"], right.faults["look"] = [401], [401]
    assert qfusion("backends", "both", "--check")[0] == 1


def test_a_paid_member_needs_a_budget(qfusion, own, tmp_path):
    qfusion("backends")
    path = tmp_path / "other.yaml"
    path.write_text(
        (tmp_path / "backends.yaml").read_text().replace("[noisy, left]", "[noisy, reckless]")
    )
    code, _, err = qfusion("evaluate", own, "--backend", "mixed", "--backends-file", path)
    assert code == 2
    assert "backends.reckless: costs money and names no budget" in err


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{backends: [a, c]}", "p.options.backends.1: unknown backend 'c'; "),
        ("{backends: [a, p]}", "p.options.backends.1: pool 'p' cannot be a member of itself"),
        ("{backends: [q]}", "p.options.backends.0: 'q' is a pool; name its members instead"),
        ("{backends: [a, b, a]}", "p.options.backends.2: 'a' is there twice"),
        ("{backends: []}", "p.options.backends: Tuple should have at least 1 item"),
        ("{}", "p.options: missing key 'backends'"),
        ("{backends: a}", "p.options.backends: should be a list"),
        ("{backends: [a], shares: even}", "p.options: unknown key 'shares', did you mean 'share'?"),
        ("{backends: [a, b], share: fair}", "p.options.share: expected even, queue, price, or a"),
        ("{backends: [a, b], share: {a: 1}}", "p.options.share: no weight for b"),
        ("{backends: [a], share: {a: 1, c: 1}}", "p.options.share: 'c' is no member; "),
        ("{backends: [a, b], share: {a: 1, b: -1}}", "p.options.share: expected even, queue"),
        ("{backends: [a, b], share: {a: 0, b: 0}}", "p.options.share: expected even, queue"),
        ("{backends: [a, b], share: {a: .nan, b: 1}}", "p.options.share: expected even, queue"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_when_the_file_is_read(tmp_path, entry, said):
    path = tmp_path / "backends.yaml"
    path.write_text(
        "version: 1\ndefault: a\nbackends:\n  a: {type: statevector}\n  b: {type: statevector}\n"
        "  q: {type: pool, options: {backends: [a, b]}}\n"
        f"  p: {{type: pool, options: {entry}}}\n"
    )
    with pytest.raises(InputError) as refused:
        Backends.read(path)
    line = str(refused.value)
    assert re.match(rf"{re.escape(str(path))}:7:\d+: backends\.", line)
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize("what", ["budget: {max_jobs: 1}", "credentials: {token: {$env: A}}"])
def test_a_pool_has_neither_budget_nor_credentials(tmp_path, what):
    path = tmp_path / "backends.yaml"
    path.write_text(
        "version: 1\ndefault: a\nbackends:\n  a: {type: statevector}\n"
        f"  p: {{type: pool, options: {{backends: [a]}}, {what}}}\n"
    )
    with pytest.raises(InputError, match=r":5:\d+: .*a pool has none; its members have their own"):
        Backends.read(path)


def test_an_option_of_a_member_counts_and_another_share_is_another_measurement(
    machine, right, qfusion, own
):
    words = ("evaluate", own, "--backend", "both", "--samples", 4, "--yes", "--json")
    first = json.loads(qfusion(*words)[1])["measurement"]
    assert json.loads(qfusion(*words)[1])["measurement"] == first
    second = json.loads(qfusion(*words, share="{left: 1, right: 3}")[1])
    assert second["measurement"] != first
    assert second["shares"]["right"]["rows"] == [[2, 4]]


def test_compare_waits_for_a_pool_as_for_a_queue_and_counts_its_jobs(qfusion, own, machine, right):
    code, out, _ = qfusion(
        "compare", own, "--backends", "both,noisy,here", "--samples", 10, "--yes", "--json"
    )
    assert code == 0
    reports = {each["backend"]: each for each in json.loads(out)["backends"]}
    assert list(reports) == ["exact", "both", "noisy", "here"]
    jobs = len(machine.jobs) + len(right.jobs)
    assert jobs > 2 and reports["both"]["cost"]["jobs"] == jobs
    assert reports["both"]["cost"]["turnaround"] > 0
    assert reports["here"]["cost"]["turnaround"] is None


def test_what_stands_in_for_another_was_shown_before(machine, right, evaluate, monkeypatch):
    """The other machine is dearer: what it may cost for all rows is agreed to at the start."""
    dearer = BACKENDS.replace('url: "{right}"}}', 'url: "{right}", shots: 8000}}')
    monkeypatch.setattr(sys.modules[__name__], "BACKENDS", dearer)
    machine.ends[0] = ("failed", "power cut")
    code, _, err = evaluate("--yes")
    assert code == 0
    shown = [line.split(":")[0] for line in err.splitlines() if ": about " in line]
    assert shown == ["left", "right", "both, if members stand in for others"]
    (most,) = [line for line in err.splitlines() if line.startswith("both, if ")]
    assert "4 jobs, 10 executions, 80000 shots" in most
    assert "rows 1-4, 6-10 from right (raw)" in err
