"""The command line's manners: one line per error, the right exit code, JSON as one document."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from qfusion_core import InputError, QfusionError
from qfusion_core.backends.file import Backends
from qfusion_core.cli import main
from support.places import THIRD_PARTY


@pytest.fixture
def third_parties(monkeypatch):
    """The fixture distributions, as if they were installed."""
    for name in ("broken", "clashing", "good"):
        monkeypatch.syspath_prepend(THIRD_PARTY / name)


def test_version(qfusion):
    from importlib.metadata import version

    assert qfusion("--version") == (0, f"qfusion {version('qfusion')}\n", "")


def test_no_verb_is_a_request_for_help(qfusion):
    assert qfusion() == qfusion("--help")
    assert qfusion()[0] == 0


def test_plugins_as_json(qfusion, third_parties):
    code, out, err = qfusion("plugins", "--json")
    assert (code, err) == (0, "")
    listed = json.loads(out)
    rows = {(row["name"], row["distribution"]): row for row in listed["components"]}
    assert rows["cross-attention", "qfusion"] == {
        "kind": "fusion", "name": "cross-attention", "distribution": "qfusion",
        "version": "0.2.0", "status": "ready", "reason": None,
    }  # fmt: skip
    assert rows["acme-mean", "acme-good"]["status"] == "clash"
    assert rows["acme-unfinished", "acme-broken"]["status"] == "failed"
    failed = {row["name"]: row for row in listed["failed_plugins"]}
    assert failed["unimportable"]["version"] == "0.3"
    assert "needs the module 'acme_sdk'" in failed["unimportable"]["reason"]


def test_plugins_as_a_table(qfusion, third_parties):
    code, out, err = qfusion("plugins")
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["kind", "name", "distribution", "status"]
    assert ["fusion", "cross-attention", "qfusion", "0.2.0", "ready"] in lines
    assert ["fusion", "acme-mean", "acme-clashing", "2.0", "clash"] in lines
    assert ["plugin", "misspelt", "acme-broken", "0.3", "failed"] in lines
    assert "misspelt: no hook is called 'qfusion_fusion'; did you mean 'qfusion_fusions'?" in out


@pytest.mark.vendor
def test_backends_as_json(qfusion, monkeypatch):
    for name in ("QISKIT_IBM_TOKEN", "QISKIT_IBM_INSTANCE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (("ACCESS_KEY_ID", "AKIANOBODY"), ("SECRET_ACCESS_KEY", "of nobody")):
        monkeypatch.setenv(f"AWS_{name}", value)
    code, out, err = qfusion("backends", "--json")
    assert (code, err) == (0, "")
    listed = json.loads(out)
    assert listed["default"] == "statevector"
    assert listed["file"].endswith("backends.yaml")
    rows = {row["name"]: row for row in listed["backends"]}
    status = {name: row["status"] for name, row in rows.items()}
    without = () if find_spec("pennylane_qiskit") else ("aer", "aer-sampled")
    assert status == {
        **dict.fromkeys(rows, "ready"),
        **dict.fromkeys(("sv1", "iqm-garnet", "ionq-forte"), "needs the network"),
        **dict.fromkeys(without, 'needs the extra: pip install "qfusion[aer]"'),
        "ibm-fez": "needs credentials (QISKIT_IBM_TOKEN and QISKIT_IBM_INSTANCE are not set)",
    }
    assert {row["lacks"] for row in rows.values()} >= {None, "network", "credentials"}
    assert (rows["statevector"]["shots"], rows["sampled"]["shots"]) == (None, 4096)


MIXED = """
version: 1
default: here
backends:
  here: {type: statevector}
  typo: {type: statevector, options: {shot: 3}}
  stranger: {type: "no[ibm]where"}
  closed: {type: statevector, credentials: {token: {$env: QFUSION_TEST_UNSET}}}
"""


def test_backends_says_why_one_cannot_be_used(qfusion):
    Path("mine.yaml").write_text(MIXED)
    code, out, err = qfusion("backends", "--backends-file", "mine.yaml")
    assert (code, err) == (0, "")
    assert "mine.yaml (* default)" in out
    table = [line.split() for line in out.splitlines()]
    assert ["here", "*", "statevector", "-", "ready"] in table
    assert ["typo", "statevector", "-", "invalid"] in table
    assert ["stranger", "no[ibm]where", "-", "invalid"] in table
    unset = "needs credentials (QFUSION_TEST_UNSET is not set)"
    assert ["closed", "statevector", "-", *unset.split()] in table
    assert "typo: mine.yaml:6:39: backends.typo.options: unknown key 'shot', did you mean" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["backend"], "No such command 'backend'"),
        (["plugins", "--jsn"], "No such option: --jsn"),
        (["plugins", "extra"], "Got unexpected extra argument"),
        (
            ["backends", "--backends-file"],
            "--backends-file: expected a value, got nothing (Instead of",
        ),
        (["backends", "--backends-file", "none.yaml"], "backends file none.yaml: no such file"),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_2(qfusion, words, message):
    code, out, err = qfusion(*words)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


def test_a_usage_error_says_where_the_help_is(qfusion):
    assert qfusion("plugins", "--jsn")[2].endswith("; see qfusion plugins --help\n")


def test_options_that_are_not_checked_are_not_shown(qfusion):
    Path("backends.yaml").write_text(
        "version: 1\ndefault: s\nbackends:\n  s: {type: statevector, options: {token: hush-hush}}\n"
    )
    for words in (["backends"], ["backends", "--json"]):
        code, out, err = qfusion(*words)
        assert code == 0
        assert "unknown key 'token'" in out
        assert "hush-hush" not in out + err


def test_a_wrong_file_is_one_line_and_exit_2(qfusion):
    Path("backends.yaml").write_text("version: 1\n\tdefault: x\n")
    assert qfusion("backends", "--backends-file", "backends.yaml")[::2] == (
        2,
        "error: backends.yaml:2:1: a tab; YAML is indented with spaces\n",
    )


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (InputError("no such thing"), 2, "error: no such thing\n"),
        (QfusionError("the machine is off"), 1, "error: the machine is off\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
        (
            ValueError("two\nlines"),
            1,
            "error: unexpected ValueError: two lines; for the full traceback: "
            "qfusion --traceback backends ...\n",
        ),
    ],
)
def test_whatever_a_verb_raises_has_its_line_and_code(qfusion, monkeypatch, raised, code, message):
    def fail(path):
        raise raised

    monkeypatch.setattr(Backends, "read", fail)
    assert qfusion("backends") == (code, "", message)


def test_the_full_traceback_on_request(qfusion, monkeypatch):
    def fail(path):
        raise ValueError("deep")

    monkeypatch.setattr(Backends, "read", fail)
    with pytest.raises(ValueError, match="deep"):
        main(["--traceback", "backends"])
    with pytest.raises(ValueError, match="deep"):  # the variable does the same
        main(["backends"])
    monkeypatch.setenv("QFUSION_TRACEBACK", "0")
    assert qfusion("backends")[0] == 1
