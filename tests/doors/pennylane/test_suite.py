"""A part of PennyLane's own device tests; `examples/doors/pennylane_suite.py` runs them all."""

import importlib
import json

import pytest

from support.places import ROOT

REPORT = """<testsuites><testsuite>
<testcase classname="tests.test_a.TestOne" name="test_it[1-2]"/>
<testcase classname="tests.test_a.TestOne" name="test_it[2-2]"><failure message="no"/></testcase>
<testcase classname="tests.test_a.TestOne" name="test_out"><system-out>line</system-out></testcase>
<testcase classname="tests.test_b" name="test_that"><skipped message="not here"/></testcase>
<testcase classname="tests.test_b" name="test_other"><error message="no"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def module(monkeypatch):
    """The modules beside the script, importable as they are for it."""
    monkeypatch.syspath_prepend(str(ROOT / "examples" / "doors"))
    return importlib.import_module


@pytest.fixture
def pennylane_suite(module):
    return module("pennylane_suite")


def test_outcomes_are_counted_as_a_report_has_them(module, tmp_path):
    (tmp_path / "report.xml").write_text(REPORT)
    assert [tuple(each) for each in module("outcomes").outcomes(tmp_path / "report.xml")] == [
        ("TestOne", "test_it", "passed"),
        ("TestOne", "test_it", "failure"),
        ("TestOne", "test_out", "passed"),
        ("test_b", "test_that", "skipped"),
        ("test_b", "test_other", "error"),
    ]


def test_gradients_in_torch_and_measurements_pass(pennylane_suite):
    found = pennylane_suite.run(
        pennylane_suite.Case("statevector", None),
        ["-k", "test_gradients_torch or test_return_system or TestExpval or TestVar"],
    )
    assert found["unexpected"] == {} and found["outcomes"]["passed"] > 20


def test_all_of_them_were_run_and_what_fails_is_known(pennylane_suite):
    path = ROOT / "examples" / "doors" / "results" / "pennylane_suite.json"
    document = json.loads(path.read_text())
    assert [(each["backend"], each["shots"]) for each in document["cases"]] == [
        tuple(case) for case in pennylane_suite.CASES
    ]
    for case in document["cases"]:
        assert case["unexpected"] == {} and case["outcomes"]["passed"] > 350
    assert len(document["reasons"]) <= 10
