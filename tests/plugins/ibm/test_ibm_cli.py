"""The command line on IBM's machines: what is estimated is sent, a dry run sends nothing."""

import json

import pytest

from qfusion_core import trust
from qfusion_ibm.sdk_version import PACKAGE, gives_counts, installed

BACKENDS = """
version: 1
default: statevector
backends:
  statevector: {type: statevector}
  aer: {type: ibm, options: {backend: aer, shots: 1000}}
  manila: {type: ibm, options: {backend: fake_manila, shots: 1000, seed: 1}}
  ibm:
    type: ibm
    options: {backend: ibm_manila, shots: 1000, rows_per_job: 4,
              poll_seconds: 0.002, poll_seconds_max: 0.01, resilience_level: 0}
    credentials: {token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}
    budget: {max_jobs: 100}
"""


def test_the_estimate_is_what_the_journal_counts(service, qfusion, run):
    words = (run, "--backend", "ibm", "--samples", 9, "--json")
    code, out, _ = qfusion("estimate", *words)
    assert code == 0
    plan = json.loads(out)
    assert not service.jobs
    assert {"machine": "ibm_manila", "settings": 1, "two_qubit_gates": 6}.items() <= plan[
        "facts"
    ].items()
    code, _, err = qfusion("evaluate", *words, "--yes")
    assert code == 0
    assert "Loading account" not in err
    (measurement,) = json.loads(qfusion("jobs", run, "--json")[1])["measurements"]
    done = measurement["jobs"]
    assert [job["state"] for job in done] == ["done"] * 3
    assert len(done) == len(service.jobs) == plan["jobs"] == plan["price"]["tasks"] == 3
    for what in ("executions", "shots"):
        assert sum(job["price"][what] for job in done) == plan["price"][what]


def test_a_dry_run_sends_nothing(service, qfusion, run):
    words = ("evaluate", run, "--backend", "ibm", "--samples", 9, "--dry-run", "--json")
    (code, out, err), again = qfusion(*words), qfusion(*words)[1]
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert out == again  # the snapshot draws from a seed
    assert not service.jobs and not (run / "journal.sqlite").exists()
    assert found["jobs"] == 3 and found["price"]["usd"]["high"] > 0
    assert found["facts"]["machine"] == "ibm_manila"
    assert found["facts"]["two_qubit_gates"] == 6 and found["facts"]["depth"] > 10
    assert len(found["errors"]) == 10
    assert 0.03 < max(error["rms"] for error in found["errors"].values()) < 0.3


def test_without_an_account_the_snapshot_is_planned_for(service, qfusion, run, monkeypatch):
    words = (run, "--backend", "ibm", "--samples", 9, "--json")
    asked = json.loads(qfusion("estimate", *words)[1])
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    before = len(service.requests)
    code, out, err = qfusion("estimate", *words)
    assert code == 0
    plan = json.loads(out)
    assert (asked["offline"], plan["offline"]) == (False, True)
    assert plan["facts"]["machine"] == "fake_manila"
    assert plan["facts"]["two_qubit_gates"] == 6
    for what in ("jobs", "price"):
        assert plan[what] == asked[what]
    assert "planned without the machine's own word" in err
    assert "QISKIT_IBM_TOKEN is not set" in err
    code, out, err = qfusion("evaluate", *words, "--dry-run")
    assert code == 0 and json.loads(out)["offline"]
    assert "planned without the machine's own word" in err
    # what would send something is refused as before
    code, out, err = qfusion("evaluate", *words, "--yes")
    assert (code, out) == (2, "")
    assert "QISKIT_IBM_TOKEN is not set" in err
    assert len(service.requests) == before
    assert not (run / "journal.sqlite").exists()


def test_without_an_account_and_a_snapshot_nothing_is_planned(qfusion, run, tmp_path, monkeypatch):
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    (tmp_path / "backends.yaml").write_text(BACKENDS.replace("ibm_manila", "ibm_nowhere"))
    trust(tmp_path / "backends.yaml")
    code, out, err = qfusion("estimate", run, "--backend", "ibm")
    assert (code, out) == (2, "")
    assert "QISKIT_IBM_TOKEN is not set; export QISKIT_IBM_TOKEN=... and run again" in err


def test_the_doctor_offline(qfusion, monkeypatch):
    code, out, _ = qfusion("backends", "manila", "aer", "ibm", "--check", "--offline", "--json")
    assert code == 0
    found = {
        row["name"]: [(each["status"], each["what"], each["detail"]) for each in row["findings"]]
        for row in json.loads(out)["backends"]
    }
    for name, packages in (("manila", 3), ("aer", 3), ("ibm", 2)):
        assert [each[:2] for each in found[name]].count(("ok", "package")) == packages
        bells = [each for each in found[name] if each[1] == "Bell state"]
        assert [status for status, *_ in bells] == ["ok"]
    assert ("ok", "machine", "not asked: --offline") in found["ibm"]
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    code, out, _ = qfusion("backends", "ibm", "--check", "--offline")
    assert code == 1
    assert "token: QISKIT_IBM_TOKEN is not set; export QISKIT_IBM_TOKEN=..." in out
    assert f"client: {PACKAGE} {installed()}" in out  # it is said before the machine is opened


def test_ibm_is_asked_what_it_would_take(service, qfusion, run):
    """Once for jobs of one size; nothing is in the journal, nothing goes to the machine."""
    service.mocks = True
    service.metrics = lambda: {"usage": {"status": "final", "qpu_charge_time_seconds": 4.5}}
    words = ("estimate", run, "--backend", "ibm", "--samples", 9, "--ask")
    code, out, err = qfusion(*words)
    if not gives_counts():
        assert code == 2 and "knows no dry run; pip install 'qfusion[ibm]'" in err
        return
    assert code == 0
    said = " ".join(out.split())
    assert (
        "ibm: its provider says: about 0.00 to 21.60 USD, about 13.50 s of QPU time; 3 jobs" in said
    )
    assert "IBM's dry run of ibm_manila" in said and "free, and nothing was run" in said
    assert {job["backend"] for job in service.jobs.values()} == {"mock_manila"}
    assert len(service.jobs) == 2 and not (run / "journal.sqlite").exists()
    asked = json.loads(qfusion(*words, "--json")[1])["asked"]
    assert asked["ibm"]["qpu_seconds"] == {"low": 13.5, "high": 13.5}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--offline",), "ask needs the network, which offline forbids; leave one of them out"),
        ((), "backends.ibm.credentials.token: the environment variable QISKIT_IBM_TOKEN"),
    ],
)
def test_nobody_is_asked(service, qfusion, run, monkeypatch, words, text):
    monkeypatch.delenv("QISKIT_IBM_TOKEN")
    code, _, err = qfusion("estimate", run, "--backend", "ibm", "--ask", *words)
    assert code == 2 and text in err
    assert not service.jobs
