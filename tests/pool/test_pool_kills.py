"""SIGKILL anywhere while two machines share the rows, one of them failing or not, then the same
again: each planned job is accepted once, on the machine it was planned for or handed over to.
"""

import json
import random
from pathlib import Path

import pytest

from machine import Machine
from support.keys import QUEUE as SECRET
from support.kills import KILLED, POINTS, Warm
from support.seeds import seeds

FAULTS = {
    "none": {},
    "fails": {"ends": {1: ("failed", "power cut")}},
    "fails at once": {"ends": {0: ("failed", "power cut")}},
    "refuses": {"submit": [None, 402, 402, 402, 402]},
}


@pytest.fixture(scope="module")
def warm():
    warm = Warm(Path(__file__).with_name("warm_pool.py"), "-W", "error")
    yield warm
    warm.close()


@pytest.fixture
def machines():
    """Two machines that run, by name; the first can be at fault."""
    first, second = Machine(token=SECRET), Machine(token=SECRET)
    with first.running() as first.url, second.running() as second.url:
        yield {"a": first, "b": second}


@pytest.fixture
def run(warm, machines, tmp_path):
    """Runs a child with one measurement; gives its exit status and what it said."""

    def _run(**work):
        out = tmp_path / "out.json"
        out.unlink(missing_ok=True)
        urls = {name: machine.url for name, machine in machines.items()}
        spec = {"urls": urls, "folder": str(tmp_path / "run"), "out": str(out), **work}
        (status,) = warm.run(spec)
        return status, json.loads(out.read_text()) if out.is_file() else None

    return _run


def spoil(machine, fault):
    machine.ends = dict(FAULTS[fault].get("ends", {}))
    machine.faults["submit"] = list(FAULTS[fault].get("submit", []))


def require_once(machines, fault, said):
    """Rows partitioned; no key twice; as many jobs as without a kill."""
    assert "error" not in said
    rows = [
        row
        for ranges in said["shared"].values()
        for first, last in ranges
        for row in range(first, last + 1)
    ]
    assert sorted(rows) == [1, 2, 3, 4, 5, 6]
    accepted = tuple(len(machine.jobs) for machine in machines.values())
    assert accepted == {"none": (3, 3), "fails": (3, 4), "fails at once": (1, 2)}[fault]
    keys = [job["key"] for machine in machines.values() for job in machine.jobs.values()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("member", ["a", "b"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(machines, run, point, member):
    assert run(point=point, member=member) == (KILLED, None)
    status, said = run()
    assert status == 0
    require_once(machines, "none", said)
    assert said["lines"] == []
    again = run()[1]
    assert again["values"] == said["values"]
    require_once(machines, "none", again)


@pytest.mark.parametrize("point", POINTS[1:])
def test_killed_while_the_other_takes_over(machines, run, point):
    """``b`` dies in its second job, when that of ``a`` has failed already or is about to."""
    spoil(machines["a"], "fails")
    assert run(point=point, member="b") == (KILLED, None)
    status, said = run()
    assert status == 0
    require_once(machines, "fails", said)


@pytest.mark.parametrize("step", [3, pytest.param(1, marks=pytest.mark.soak)])
def test_killed_at_every_use_of_the_journal(machines, run, tmp_path, step):
    """One after the other until a run gets through, with a job that fails and is handed over.

    Each job uses it in the same ways, and of one machine every use is tried in the usual run; the
    members' jobs and the hand-over are hit at different ones by each third.
    """
    for access in range(1, 200, step):
        for machine in machines.values():
            machine.jobs.clear()
        spoil(machines["a"], "fails at once")
        folder = str(tmp_path / f"run-{access}")
        status, said = run(access=access, folder=folder, rows=3)
        if finished := status != KILLED:
            assert status == 0
        else:
            status, said = run(folder=folder, rows=3)
            assert status == 0
        require_once(machines, "fails at once", said)
        if finished:
            break
    assert 30 < access < 199


@pytest.mark.parametrize("seed", seeds(10, usual=4))
def test_killed_at_a_random_instant(machines, run, seed):
    fault = ("none", "fails")[seed % 2]
    spoil(machines["a"], fault)
    status, _ = run(after=random.Random(seed).uniform(0.0, 0.25))
    assert status in (KILLED, 0)
    status, said = run()
    assert status == 0
    require_once(machines, fault, said)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 150))
def test_killed_at_many_random_instants(machines, run, seed):
    test_killed_at_a_random_instant(machines, run, seed)


def test_a_refusal_then_a_kill(machines, run):
    """What ``a`` did not take moves once, even where the move is cut off."""
    spoil(machines["a"], "refuses")
    assert run(point="after the submit", member="b") == (KILLED, None)
    status, said = run()
    assert status == 0
    assert "error" not in said
    accepted = [job["key"] for machine in machines.values() for job in machine.jobs.values()]
    assert len(accepted) == len(set(accepted)) == 6


def test_the_split_is_that_of_the_first_plan(machines, run):
    """Queues have other lengths when a process comes back; the stored plan counts."""
    for _ in range(8):
        machines["a"].submit({"key": "somebody else's"})
    machines["a"].seconds = 60  # they wait
    assert run(share="queue", point="after the intent", member="b") == (KILLED, None)
    machines["a"].seconds = 0
    before = len(machines["a"].jobs)
    status, said = run(share="queue")
    assert status == 0
    assert said["shared"] == {"a": [[1, 1]], "b": [[2, 6]]}
    assert (before, len(machines["a"].jobs), len(machines["b"].jobs)) == (9, 9, 5)


def test_two_processes_on_one_measurement(machines, warm, tmp_path):
    for machine in machines.values():
        machine.seconds = 0.1
    spoil(machines["a"], "fails")
    urls = {name: machine.url for name, machine in machines.items()}
    works = [
        {"urls": urls, "folder": str(tmp_path / "run"), "out": str(tmp_path / name)}
        for name in ("one", "two")
    ]
    assert warm.run(*works) == [0, 0]
    one, two = (json.loads((tmp_path / name).read_text()) for name in ("one", "two"))
    assert one["values"] == two["values"]
    assert one["shared"] == two["shared"]
    require_once(machines, "fails", one)
