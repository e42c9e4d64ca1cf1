"""A part of PennyLane's own device tests; `examples/doors/pennylane_suite.py` runs them all."""

import json

from doors import pennylane_suite

from support.places import ROOT


def test_gradients_in_torch_and_measurements_pass():
    found = pennylane_suite.run(
        pennylane_suite.Case("statevector", None),
        ["-k", "test_gradients_torch or test_return_system or TestExpval or TestVar"],
    )
    assert found["unexpected"] == {} and found["outcomes"]["passed"] > 20


def test_all_of_them_were_run_and_what_fails_is_known():
    path = ROOT / "examples" / "doors" / "results" / "pennylane_suite.json"
    document = json.loads(path.read_text())
    assert [(each["backend"], each["shots"]) for each in document["cases"]] == [
        tuple(case) for case in pennylane_suite.CASES
    ]
    for case in document["cases"]:
        assert case["unexpected"] == {} and case["outcomes"]["passed"] > 350
    assert len(document["reasons"]) <= 10
