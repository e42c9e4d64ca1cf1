"""`qfusion backends --check`: one line for each finding, and no backend hides another."""

import json
import shutil

import pytest

from qfusion_core.printable import shown_path
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.storage import mounts
from support.keys import QUEUE as SECRET
from support.vfs import use

QUICK = "poll_seconds: 0.002, poll_seconds_max: 0.01, grace_seconds: 0.05"
FILE = """
version: 1
default: exact
backends:
  exact: {{type: statevector}}
  drawn: {{type: noisy, options: {{shots: 2000, seed: 5, declared: false, readout_error: [0, 0],
           one_qubit: 0, two_qubit: 0}}}}
  noisy: {{type: noisy}}
  secretive: {{type: noisy, options: {{declared: false}}}}
  wrong: {{type: wrong}}
  bare: {{type: wrong, options: {{how: packages}}}}
  dead: {{type: wrong, options: {{how: exit}}}}
  typo: {{type: noisy, options: {{shot: 5}}}}
  nobody: {{type: nobody}}
  paid:
    type: noisy-queue
    options: {{url: "{url}", {quick}}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
    budget: {{max_jobs: 5}}
  free:
    type: noisy-queue
    options: {{url: "{url}", costs: false, {quick}}}
    credentials: {{token: {{$env: QUEUE_TOKEN}}}}
  reckless: {{type: noisy-queue, credentials: {{token: {{$env: QUEUE_TOKEN}}}}}}
  keyless: {{type: noisy-queue, budget: {{max_jobs: 5}}}}
  seedless: {{type: pennylane, options: {{device: braket.local.qubit, shots: 10, seed: 1}}}}
"""


TWO = "that two machines at once keep each other out is not promised"


@pytest.fixture
def file(machine, tmp_path, monkeypatch):
    """The backends, in no place where they would be found."""
    monkeypatch.delenv("QFUSION_JOURNAL_MODE", raising=False)
    monkeypatch.setenv("QUEUE_TOKEN", SECRET)
    path = tmp_path / "some.yaml"
    path.write_text(FILE.format(url=machine.url, quick=QUICK))
    return path


@pytest.fixture
def check(command_line, file):
    """Runs `qfusion backends --check`: exit code, and (status, what, detail) by backend."""

    def _check(*words):
        code, out, err = command_line(
            "backends", *words, "--check", "--backends-file", file, "--json"
        )
        assert err == ""
        rows = json.loads(out)["backends"]
        for row in rows:
            failed = "failed" in [finding["status"] for finding in row["findings"]]
            assert row["status"] == ("failed" if failed else "ok")
            assert not any("\n" in finding["detail"] for finding in row["findings"])
        return code, {
            row["name"]: [(f["status"], f["what"], f["detail"]) for f in row["findings"]]
            for row in rows
        }

    return _check


@pytest.mark.vendor
def test_a_broken_backend_hides_no_other(check, machine):
    code, found = check()
    assert code == 1
    ends = {name: findings[-1] for name, findings in found.items()}
    assert ends["exact"] == ("ok", "seed", "values are exact: nothing is drawn")
    assert ends["drawn"][2] == "5 is honoured: a second opening draws the same"
    assert ends["dead"] == ("failed", "opening", "SystemExit: the SDK of ACME gives up")
    assert ends["typo"][:2] == ("failed", "options")
    assert "unknown key 'shot', did you mean 'shots'?" in ends["typo"][2]
    assert "unknown device 'nobody'" in ends["nobody"][2]
    assert "costs money and names no budget; add" in ends["reckless"][2]
    assert "braket.local.qubit cannot honour a seed" in ends["seedless"][2]
    assert ("failed", "package", 'acme-sdk is not installed; pip install "acme-noisy[cloud]"') in (
        found["bare"]
    )
    assert any(what == "package" and said.startswith("pytest ") for _, what, said in found["bare"])
    assert ends["bare"][1] == "package"  # it is not opened
    assert [name for name, (status, *_) in ends.items() if status == "failed"] == [
        "wrong", "dead", "typo", "nobody", "reckless", "keyless", "seedless",
    ]  # fmt: skip


def test_noise_is_told_from_a_fault(check):
    code, found = check("noisy", "secretive", "wrong")
    assert code == 1
    says = {name: next(f for f in found[name] if f[1] == "Bell state") for name in found}
    assert says["noisy"][0] == "ok"
    assert says["noisy"][2].endswith("with the noise that the device has")
    assert says["secretive"][0] == "warning"
    assert (
        "more than shots explain: fine if this backend is meant to be noisy"
        in (says["secretive"][2])
    )
    assert says["wrong"][0] == "failed"
    assert says["wrong"][2].startswith("XX +0.000, ZZ +0.000, ZI +0.000; expected +1, +1, 0: ")


def test_a_warning_is_no_failure(check):
    assert check("secretive", "exact")[0] == 0


def test_a_machine_is_asked_and_a_paid_one_gets_no_job(check, machine):
    code, found = check("paid", "free")
    assert code == 0
    assert ("ok", "credentials", "token: QUEUE_TOKEN is set") in found["paid"]
    assert ("ok", "machine", "20 qubits, 0 jobs wait") in found["paid"]
    assert ("ok", "Bell state", "not run: it would cost money") in found["paid"]
    assert [f[0] for f in found["free"] if f[1] == "Bell state"] == ["ok"]
    assert len(machine.jobs) == 1  # the free one's
    assert machine.requests.count("look") == 2


def test_offline_asks_nothing(check, machine):
    code, found = check("paid", "free", "exact", "--offline")
    assert code == 0
    assert machine.requests == []
    assert ("ok", "machine", "not asked: --offline") in found["free"]
    assert ("ok", "Bell state", "not run: --offline") in found["free"]
    assert any(f[2].startswith("XX +1.000") for f in found["exact"])


def test_the_network_is_told_from_the_password(check, machine, monkeypatch):
    machine.faults["look"] = [503, 503]
    code, found = check("paid")
    assert code == 1
    assert found["paid"][-1][:2] == ("failed", "machine")
    assert "paid: 503 Service Unavailable" in found["paid"][-1][2]
    machine.faults["look"] = [401]
    _, found = check("paid")
    assert "401 Unauthorized" in found["paid"][-1][2]
    monkeypatch.delenv("QUEUE_TOKEN")
    before = len(machine.requests)
    code, found = check("paid", "keyless")
    assert code == 1
    assert found["paid"][-1] == (
        "failed", "credentials", "token: QUEUE_TOKEN is not set; export QUEUE_TOKEN=...",
    )  # fmt: skip
    assert "token: missing; add credentials: {token: {$env: NAME}} in" in found["keyless"][-1][2]
    assert len(machine.requests) == before


def test_a_job_that_waits_too_long_is_cancelled(check, machine, monkeypatch):
    monkeypatch.setattr(
        "qfusion_core.workflows.backend_checks.PATIENCE", {"timeout_seconds": 0.1, "tries": 1}
    )
    machine.seconds = 60
    code, found = check("free")
    assert code == 0
    status, what, said = found["free"][-1]
    assert (status, what) == ("warning", "Bell state")
    assert said == "not done after 0.1 s, so it was cancelled; try later"
    assert [machine.status(job)["state"] for job in machine.jobs] == ["cancelled"]


def test_lines_and_exit_codes(command_line, file):
    def run(*words):
        return command_line("backends", *words, "--backends-file", file)

    code, out, _ = run("exact", "typo", "--check")
    assert code == 1
    assert out.splitlines()[0] == "exact"
    assert out.splitlines()[1].startswith("  ok      device: 'statevector' of qfusion ")
    assert out.endswith(f"2 backend(s) in {file}, 1 failed: typo\n")
    code, _, err = run("exat", "--check")
    assert code == 2
    assert "unknown backend 'exat'" in err
    assert "did you mean 'exact'?" in err
    code, _, err = run("--offline")
    assert code == 2
    assert "--offline goes with --check" in err
    code, out, _ = run("exact")
    assert code == 0
    assert "typo" not in out


def test_how_jobs_are_kept_is_said(check, tmp_path, monkeypatch):
    """On a disk of this machine, as the variable says, and on that of a network."""
    run = tmp_path / "run"
    run.mkdir()
    where, totals_in = (shown_path(each, 80) for each in (run, tmp_path / "state" / "qfusion"))

    def said(name="paid"):
        code, found = check(name, "exact", "--offline", "--run", str(run))
        assert not [what for _, what, _ in found["exact"] if what == "journal"]
        assert list(run.iterdir()) == []
        return code, [finding for finding in found[name] if finding[1] in ("journal", "totals")]

    monkeypatch.setattr(mounts, "TABLE", tmp_path / "mountinfo")
    for kind in ("ext4", "nfs4"):
        (tmp_path / "mountinfo").write_text(f"1 0 0:99 / {tmp_path} rw - {kind} x rw\n")
        if kind == "ext4":
            assert said() == (
                0,
                [("ok", "journal", f"{where}: a write-ahead log, on ext4")],
            )
            monkeypatch.setenv("QFUSION_JOURNAL_MODE", "rollback")
            (finding,) = said()[1]
            assert finding == (
                "ok", "journal",
                f"{where}: a rollback journal, because QFUSION_JOURNAL_MODE says so; another "
                "process was kept out",
            )  # fmt: skip
            monkeypatch.delenv("QFUSION_JOURNAL_MODE")
    code, (journal, totals) = said()
    assert code == 0
    assert journal == (
        "warning", "journal",
        f"{where}: a rollback journal, because other machines may write to a file system of type "
        f"nfs4; another process was kept out; {TWO}: use a run on one machine at a time",
    )  # fmt: skip
    assert totals == (
        "warning", "totals",
        f"{totals_in}: on nfs4; budgets over all runs hold on one machine: {TWO}",
    )  # fmt: skip
    monkeypatch.setenv("QFUSION_JOURNAL_MODE", "wal")
    assert said()[1][0][2].endswith(
        "a write-ahead log on nfs4, as QFUSION_JOURNAL_MODE says: two machines spoil it; unset it"
    )
    (tmp_path / "mountinfo").unlink()
    monkeypatch.setenv("QFUSION_JOURNAL_MODE", "rollback")
    assert said()[1][0][0] == "warning" and said()[1][0][2].endswith(journal[2][-60:])
    monkeypatch.delenv("QFUSION_JOURNAL_MODE")
    assert "on a file system of unknown type; another process was kept out; if" in said()[1][0][2]


def test_where_locks_keep_nobody_out_a_backend_that_keeps_jobs_fails(check, tmp_path, monkeypatch):
    use("unix-none", monkeypatch.setattr)
    run = tmp_path / "run"
    run.mkdir()
    code, found = check("paid", "exact", "--offline", "--run", str(run))
    assert code == 1
    assert (
        "failed", "journal",
        f"{run}: locks keep no other process out there (it could write, too), so nothing is sent; "
        "copy the run to another disk",
    ) in found["paid"]  # fmt: skip
    assert list(run.iterdir()) == []


def test_a_journal_that_is_none_fails(check, tmp_path):
    run = tmp_path / "run"
    for make in (lambda path: path.write_bytes(b"garbage"), lambda path: path.mkdir()):
        run.mkdir()
        make(run / "journal.sqlite")
        code, found = check("paid", "--offline", "--run", str(run))
        assert code == 1
        (said,) = [(status, text) for status, what, text in found["paid"] if what == "journal"]
        assert said[0] == "failed" and "/run/journal.sqlite: " in said[1]
        shutil.rmtree(run)


def test_a_journal_that_is_to_be_converted_is_said(check, connect, forward, tmp_path, monkeypatch):
    with Measurement(tmp_path / "run", "evaluate") as measurement:
        forward(connect(measurement))
    monkeypatch.setenv("QFUSION_JOURNAL_MODE", "rollback")
    _, found = check("paid", "--offline", "--run", str(tmp_path / "run"))
    (said,) = [detail for _, what, detail in found["paid"] if what == "journal"]
    assert said.endswith("; the journal that is there is converted when it is written next")


def test_a_folder_that_is_not_there_is_the_users_mistake(shell, tmp_path):
    code, _, error = shell("backends", "--check", "--run", "nowhere")
    assert (code, error) == (2, "error: nowhere: no such folder; expected that of a run\n")
    code, _, error = shell("backends", "--run", tmp_path)
    assert code == 2
    assert "--run goes with --check; without it no folder is looked at" in error
