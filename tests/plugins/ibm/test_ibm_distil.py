"""A surrogate of a machine of IBM's: planned is accepted, also after a SIGKILL in the middle."""

import json

from support.killed import command_line_killed
from support.kills import KILLED

BACKENDS = """
version: 1
default: statevector
backends:
  statevector: {type: statevector}
  ibm:
    type: ibm
    options: {backend: ibm_manila, shots: 1000, rows_per_job: 30, grace_seconds: 0.3,
              poll_seconds: 0.002, poll_seconds_max: 0.01, resilience_level: 0}
    credentials: {token: {$env: QISKIT_IBM_TOKEN}, instance: {$env: QISKIT_IBM_INSTANCE}}
    budget: {max_jobs: 100}
"""


def test_planned_is_accepted_after_a_kill(service, qfusion, run):
    plan = json.loads(qfusion("estimate", run, "--backend", "ibm", "--surrogate", "--json")[1])
    assert (plan["jobs"], plan["rows"]) == (4, 105) and not service.jobs
    words = ("distil", run, "--backend", "ibm", "--yes", "--json")
    status, err = command_line_killed("qfusion_ibm.device:IBM", 2, *words)
    assert status == KILLED, err
    assert len(service.jobs) == 2
    code, out, err = qfusion(*words)
    assert code == 0, err
    made = json.loads(out)
    keys = [job["tags"][0] for job in service.jobs.values()]
    assert len(keys) == len(set(keys)) == plan["jobs"]
    (measurement,) = json.loads(qfusion("jobs", run, "--json")[1])["measurements"]
    assert measurement["id"] == made["measurement"]
    for what in ("executions", "shots"):
        done = sum(job["price"][what] for job in measurement["jobs"])
        assert done == plan["price"][what]
    assert made["machine"] == "ibm_manila" and made["calibrated"].startswith("20")
    requests = len(service.requests)
    assert qfusion("evaluate", run, "--backend", "surrogate:ibm")[0] == 0
    assert qfusion(*words)[0] == 0
    assert len(service.requests) == requests, "a surrogate asks nobody, a second distil neither"
