"""One checkpoint of the main job's model, on an SV1-like, a Forte-like and a Garnet-like device."""

import json
import shutil

import pytest

from qfusion_core import trust

BACKENDS = """
version: 1
default: statevector
backends:
  statevector: {type: statevector}
  sv1: {type: braket, options: &exact {device: sv1, s3: &s3 "s3://results/wine",
        poll_seconds: 0.002, poll_seconds_max: 0.01}, budget: &budget {max_usd: 9000}}
  forte: {type: braket, options: {<<: *exact, device: ionq/Forte-1, shots: 2000}, budget: *budget}
  garnet: {type: braket, options: {<<: *exact, device: iqm/Garnet, shots: 2000}, budget: *budget}
"""


@pytest.fixture
def wine(trained, tmp_path):
    """A copy for each test: its journal is under the key of this test's user."""
    return shutil.copytree(trained, tmp_path / "wine")


@pytest.fixture
def qfusion(qfusion, service, tmp_path):
    """Runs the command line beside both simulators and Garnet: (exit code, output, error)."""
    (tmp_path / "backends.yaml").write_text(BACKENDS)
    trust(tmp_path / "backends.yaml")
    return qfusion


@pytest.mark.parametrize(("backend", "tasks"), [("sv1", 36), ("forte", 1), ("garnet", 1)])
def test_the_test_part_of_wine(service, qfusion, wine, backend, tasks):
    code, out, err = qfusion("estimate", wine, "--backend", backend, "--json")
    assert code == 0, err
    plan = json.loads(out)
    code, out, err = qfusion("evaluate", wine, "--backend", backend, "--yes", "--json")
    assert code == 0, err
    found = json.loads(out)
    code, out, err = qfusion("evaluate", wine, "--backend", "statevector", "--json")
    exact = json.loads(out)
    assert found["rows"] == exact["rows"] == 36
    assert len(service.tasks) == plan["jobs"] == tasks
    assert abs(found["macro_f1"] - exact["macro_f1"]) <= (1e-9 if backend == "sv1" else 0.1)
    # the same again takes the values out of the journal
    again = json.loads(qfusion("evaluate", wine, "--backend", backend, "--json")[1])
    assert again["measurement"] == found["measurement"]
    assert again["macro_f1"] == found["macro_f1"]
    assert len(service.tasks) == tasks


def test_an_estimate_without_credentials(service, qfusion, wine, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    code, out, err = qfusion("estimate", wine, "--backend", "forte")
    assert code == 0
    assert "planned without the machine's own word" in err
    assert "no AWS credentials for ionq/Forte-1, whose limits and prices are asked of AWS" in err
    assert "from the packaged list of machines (as of 20" in err
    assert f"about {36 * (0.30 + 2000 * 0.08):.2f} USD" in out
    assert "the packaged list of machines: https://aws.amazon.com/braket/pricing/ (20" in out
    code, out, err = qfusion("evaluate", wine, "--backend", "forte", "--yes")
    assert (code, out) == (2, "")  # only a plan can do without
    assert "no AWS credentials for ionq/Forte-1" in err
    assert not service.requests


def test_an_estimate_without_credentials_from_saved_properties(
    service, qfusion, wine, tmp_path, monkeypatch
):
    assert qfusion("backends", "save", "garnet", "--out", "garnet.json")[0] == 0
    saved = BACKENDS.replace("device: iqm/Garnet", "device: iqm/Garnet, properties: garnet.json")
    (tmp_path / "backends.yaml").write_text(saved)
    trust(tmp_path / "backends.yaml")
    asked = json.loads(qfusion("estimate", wine, "--backend", "garnet", "--json")[1])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    before = len(service.requests)
    code, out, err = qfusion("estimate", wine, "--backend", "garnet", "--json")
    assert code == 0, err
    plan = json.loads(out)
    assert (asked.pop("offline"), plan.pop("offline")) == (False, True)
    assert asked.pop("planned_from") is None
    assert plan.pop("planned_from").startswith("braket: no AWS credentials for iqm/Garnet")
    assert plan == asked
    assert "planned without the machine's own word" in err
    code, out, err = qfusion("evaluate", wine, "--backend", "garnet", "--samples", 5, "--yes")
    assert (code, out) == (2, "")
    assert "no AWS credentials for iqm/Garnet" in err
    assert len(service.requests) == before and not service.tasks
