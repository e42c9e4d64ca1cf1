"""`qfusion backends` says in words what an entry lacks, without a vendor's SDK and a network."""

import json
import os
import sys

import pytest

from qfusion_braket.credential_chain import has_credentials
from qfusion_core.cli import main
from qfusion_core.plugin import extras

SDKS = {"boto3", "botocore", "braket", "qiskit", "qiskit_aer", "qiskit_ibm_runtime"}
BACKENDS = """
version: 1
default: here
backends:
  here: {type: statevector}
  aer: {type: pennylane, options: {device: qiskit.aer, shots: 100}}
  snapshot: {type: ibm, options: {backend: fake_manila, shots: 100}}
  ibm: {type: ibm, options: {backend: ibm_fez, shots: 100}, budget: {max_jobs: 1},
        credentials: {token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}}
  keyless: {type: ibm, options: {backend: ibm_fez, shots: 100}, budget: {max_jobs: 1}}
  local: {type: braket, options: {device: local}}
  garnet: {type: braket, options: {device: iqm/Garnet, shots: 100}, budget: {max_jobs: 1}}
  own: {type: braket, options: {device: iqm/Garnet, shots: 100}, budget: {max_jobs: 1},
        credentials: {access_key_id: {$env: MY_ID}, secret_access_key: {$env: MY_KEY}}}
  reckless: {type: braket, options: {device: iqm/Garnet, shots: 100}}
  both: {type: pool, options: {backends: [garnet, here]}}
"""
SET = ("QISKIT_IBM_TOKEN", "QISKIT_IBM_INSTANCE", "MY_ID", "MY_KEY",
       "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")  # fmt: skip
NO_AWS = (
    "needs credentials (AWS_ACCESS_KEY_ID is not set and ~/.aws has none; a role of this machine "
    "is found by --check)"
)


@pytest.fixture
def imported(monkeypatch):
    """The vendors' SDKs that are imported now, although another test may have imported them."""
    for name in [each for each in sys.modules if each.split(".")[0] in SDKS]:
        monkeypatch.delitem(sys.modules, name)
    return lambda: {name.split(".")[0] for name in sys.modules} & SDKS


@pytest.mark.vendor
def test_the_check_for_imports_bites(imported):
    assert imported() == set()
    import braket

    assert braket and imported() == {"braket"}


@pytest.fixture
def statuses(tmp_path, monkeypatch, command_line):
    """The rows by name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in SET:
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "mine.yaml"
    path.write_text(BACKENDS)

    def _statuses(*words):
        code, out, _ = command_line("backends", *words, "--backends-file", path, "--json")
        assert not code
        return {row["name"]: row for row in json.loads(out)["backends"]}

    return _statuses


@pytest.mark.vendor
def test_what_each_entry_lacks(statuses, imported):
    rows = statuses()
    there = extras.installed_version("pennylane-qiskit") is not None
    aer = "ready" if there else 'needs the extra: pip install "qfusion[aer]"'
    assert {name: row["status"] for name, row in rows.items()} == {
        "here": "ready", "aer": aer, "snapshot": "ready", "local": "ready", "both": "ready",
        "ibm": "needs credentials (QISKIT_IBM_TOKEN and QISKIT_IBM_INSTANCE are not set)",
        "keyless": "needs credentials (add credentials: {token: {$env: QISKIT_IBM_TOKEN}, "
        "instance: {$env: QISKIT_IBM_INSTANCE}})",
        "garnet": NO_AWS, "reckless": NO_AWS,
        "own": "needs credentials (MY_ID and MY_KEY are not set)",
    }  # fmt: skip
    assert rows["garnet"]["lacks"] == rows["ibm"]["lacks"] == "credentials"
    assert rows["here"]["lacks"] is None
    assert (rows["aer"]["shots"], rows["garnet"]["shots"]) == (100, 100)
    assert imported() == set()


@pytest.mark.vendor
def test_with_credentials_a_machine_needs_the_network_and_a_budget(statuses, monkeypatch, imported):
    for name in SET:
        monkeypatch.setenv(name, "something")
    rows = statuses()
    away = {"ibm", "garnet", "own", "both"}
    assert {name for name in rows if rows[name]["status"] == "needs the network"} == away
    assert all(rows[name]["lacks"] == "network" for name in away)
    assert rows["reckless"]["status"] == "unavailable"
    assert "costs money and names no budget" in rows["reckless"]["reason"]
    assert imported() == set()


@pytest.mark.vendor
def test_without_the_extra(statuses, monkeypatch):
    gone = {"qiskit-ibm-runtime", "pennylane-qiskit", "amazon-braket-sdk"}
    known = extras.installed_version
    monkeypatch.setattr(
        extras, "installed_version", lambda name: None if name in gone else known(name)
    )
    rows = statuses()
    for name in ("snapshot", "ibm", "keyless"):
        assert rows[name]["status"] == 'needs the extra: pip install "qfusion[ibm]"'
    for name in ("local", "garnet", "own", "reckless"):
        assert rows[name]["status"] == 'needs the extra: pip install "qfusion[braket]"'
        assert rows[name]["lacks"] == "extra"
    # whichever extra brings it
    assert rows["aer"]["status"].startswith('needs the extra: pip install "qfusion[')
    assert (rows["here"]["status"], rows["both"]["status"]) == ("ready", "ready")


def test_a_file_that_was_only_found_needs_trust(statuses, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("QFUSION_BACKENDS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").rename(tmp_path / "backends.yaml")
    with pytest.raises(SystemExit):
        main(["backends", "own", "here", "--json"])
    own, here = json.loads(capsys.readouterr().out)["backends"]
    assert own["lacks"] == "trust" and own["status"].startswith("needs your trust: ")
    assert "qfusion trust" in own["status"]
    assert here["status"] == "ready"


@pytest.mark.parametrize(
    ("variables", "files", "profile", "found"),
    [
        ({}, {}, None, False),
        ({"AWS_ACCESS_KEY_ID": "a"}, {}, None, False),
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, {}, None, True),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/f"}, {}, None, True),
        ({}, {"credentials": "[default]\naws_access_key_id = a\n"}, None, True),
        ({}, {"credentials": "[work]\naws_access_key_id = a\n"}, None, False),
        ({}, {"credentials": "[work]\naws_access_key_id = a\n"}, "work", True),
        ({"AWS_PROFILE": "work"}, {"config": "[profile work]\nsso_session = s\n"}, None, True),
        ({}, {"config": "[default]\nregion = us-east-1\n"}, None, False),
        ({}, {"config": "no ini at all\x00"}, None, False),
        # one that a variable names does not stand before keys, as for boto
        (
            {"AWS_PROFILE": "w", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
            {"config": "[profile w]\nregion = us-east-1\n"},
            None,
            True,
        ),
        # a profile that is named is the one that counts
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}, {}, "work", False),
    ],
)
def test_where_aws_looks(statuses, tmp_path, monkeypatch, variables, files, profile, found):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".aws").mkdir()
    for name, text in files.items():
        (tmp_path / ".aws" / name).write_text(text)
    assert has_credentials(profile) is found
