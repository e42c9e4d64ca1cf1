"""What a surrogate of a machine promises, at whichever vendor it is."""

import json

from support.killed import command_line_killed
from support.kills import KILLED


def require_planned_is_accepted(forks, qfusion, run, backend, device, accepted, requests):
    """`distil` is killed after two of its four jobs, and goes on: nothing is lost or sent twice.

    Args:
        forks: See `support.forked`.
        qfusion: Runs the command line: (exit code, output, error).
        run: A model with 81 grid rows.
        backend: That takes 30 rows in a job.
        device: ``MODULE:CLASS`` of it.
        accepted: Gives the keys of the jobs that the service has.
        requests: Those that it was sent.

    Returns:
        The document of ``qfusion distil --json``.
    """
    plan = json.loads(qfusion("estimate", run, "--backend", backend, "--surrogate", "--json")[1])
    assert (plan["jobs"], plan["rows"]) == (4, 105) and not accepted()
    words = ("distil", run, "--backend", backend, "--yes", "--json")
    status, err = command_line_killed(forks, device, 2, *words)
    assert status == KILLED, err
    assert len(accepted()) == 2
    code, out, err = qfusion(*words)
    assert code == 0, err
    made, keys = json.loads(out), accepted()
    assert len(keys) == len(set(keys)) == plan["jobs"]
    (measurement,) = json.loads(qfusion("jobs", run, "--json")[1])["measurements"]
    assert measurement["id"] == made["measurement"]
    for what in ("executions", "shots"):
        done = sum(job["price"][what] for job in measurement["jobs"])
        assert done == plan["price"][what]
    before = len(requests)
    for command in (("evaluate", run, "--backend", f"surrogate:{backend}"), words):
        code, out, err = qfusion(*command)
        assert code == 0, err
    assert len(requests) == before, "a surrogate asks nobody, a second distil neither"
    return made
