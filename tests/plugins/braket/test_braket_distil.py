"""A surrogate of a machine at Braket: planned is accepted, also after a SIGKILL in the middle."""

import json

import pytest

from qfusion_core import trust
from support.killed import command_line_killed
from support.kills import KILLED

BACKENDS = """
version: 1
default: statevector
backends:
  statevector: {type: statevector}
  garnet:
    type: braket
    options: {device: iqm/Garnet, shots: 1000, s3: "s3://results/wine", rows_per_job: 30,
              grace_seconds: 0.3, poll_seconds: 0.002, poll_seconds_max: 0.01}
    budget: {max_usd: 9000}
"""


@pytest.fixture
def qfusion(qfusion, service, tmp_path):
    """Runs the command line beside Garnet: (exit code, output, error)."""
    (tmp_path / "backends.yaml").write_text(BACKENDS)
    trust(tmp_path / "backends.yaml")
    return qfusion


def test_planned_is_accepted_after_a_kill(service, qfusion, run):
    plan = json.loads(qfusion("estimate", run, "--backend", "garnet", "--surrogate", "--json")[1])
    assert (plan["jobs"], plan["rows"]) == (4, 105) and not service.tasks
    words = ("distil", run, "--backend", "garnet", "--yes", "--json")
    status, err = command_line_killed("qfusion_braket.device:Braket", 2, *words)
    assert status == KILLED, err
    assert len(service.tasks) == 2
    code, out, err = qfusion(*words)
    assert code == 0, err
    made = json.loads(out)
    keys = [task["tags"]["qfusion"] for task in service.tasks.values()]
    assert len(keys) == len(set(keys)) == plan["jobs"]
    (measurement,) = json.loads(qfusion("jobs", run, "--json")[1])["measurements"]
    assert measurement["id"] == made["measurement"]
    for what in ("executions", "shots"):
        done = sum(job["price"][what] for job in measurement["jobs"])
        assert done == plan["price"][what]
    assert made["machine"]
    requests = len(service.requests)
    assert qfusion("evaluate", run, "--backend", "surrogate:garnet")[0] == 0
    assert qfusion(*words)[0] == 0
    assert len(service.requests) == requests, "a surrogate asks nobody, a second distil neither"
