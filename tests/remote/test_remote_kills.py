"""SIGKILL anywhere, then the same again: each planned job is accepted once, and the values are
those of an undisturbed run. The machine draws by the number of a job, so that values repeat only if
jobs do.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from machine import Machine

KILLED = -9
POINTS = (
    "before the intent", "after the intent", "after the submit", "while polling", "while storing",
)  # fmt: skip


class Warm:
    """A process that has imported everything, and forks children."""

    def __init__(self, script="warm.py"):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", Path(__file__).with_name(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert self.process.stdout.readline() == "ready\n"

    def run(self, *works):
        """Run works side by side; their exit statuses."""
        self.process.stdin.write(json.dumps(works) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture(scope="module")
def warm():
    warm = Warm()
    yield warm
    warm.close()


@pytest.fixture
def run(warm, machine, tmp_path):
    """Runs a child with one measurement; gives its exit status and what it said."""

    def _run(**work):
        out = tmp_path / "out.json"
        out.unlink(missing_ok=True)
        spec = {"url": machine.url, "folder": str(tmp_path / "run"), "out": str(out), **work}
        (status,) = warm.run(spec)
        return status, json.loads(out.read_text()) if out.is_file() else None

    return _run


@pytest.fixture(scope="module")
def undisturbed(warm, tmp_path_factory):
    """Values of a run that nobody kills: two calls, six jobs, on a machine of its own."""
    folder, machine = (
        tmp_path_factory.mktemp("undisturbed"),
        Machine(token="tk-7fe2c1d0-not-for-you"),
    )
    with machine.running() as url:
        out = folder / "out.json"
        work = {"url": url, "folder": str(folder), "out": str(out), "calls": 2}
        assert warm.run(work) == [0]
    assert len(machine.jobs) == 6
    return json.loads(out.read_text())["values"]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(machine, run, undisturbed, point):
    assert run(calls=2, point=point) == (KILLED, None)
    status, said = run(calls=2)
    assert (status, said) == (0, {"values": undisturbed})
    assert len(machine.jobs) == 6
    assert len({job["key"] for job in machine.jobs.values()}) == 6


def test_killed_at_every_use_of_the_journal(machine, run, tmp_path):
    """One after the other until a run gets through: no transaction is a wrong place to die."""
    options, values = {"rows_per_job": 2, "grace_seconds": 0.01}, []
    for access in range(1, 100):
        machine.jobs.clear()
        folder = str(tmp_path / f"run-{access}")
        status, said = run(access=access, folder=folder, options=options)
        if status == KILLED:
            status, said = run(folder=folder, options=options)
            finished = False
        else:
            finished = True
        assert status == 0
        assert len(machine.jobs) == 2, f"killed at use {access}"
        values.append(said["values"])
        if finished:
            break
    assert 15 < access < 99  # the last run had so many uses, and every one was tried
    assert all(value == values[-1] for value in values)


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_a_random_instant(machine, run, undisturbed, seed):
    instant = random.Random(seed).uniform(0.0, 0.25)
    status, _ = run(calls=2, after=instant)
    assert status in (KILLED, 0)
    assert run(calls=2) == (0, {"values": undisturbed})
    assert len(machine.jobs) == 6


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 150))
def test_killed_at_many_random_instants(machine, run, undisturbed, seed):
    test_killed_at_a_random_instant(machine, run, undisturbed, seed)


def test_killed_again_and_again(machine, run, undisturbed):
    points = [point for point in POINTS for _ in range(2)]
    for point in points:
        run(calls=2, point=point)
    assert run(calls=2) == (0, {"values": undisturbed})
    assert len(machine.jobs) == 6


def test_killed_after_the_submit_and_listed_late(machine, run, undisturbed):
    machine.listed_after = 0.3
    slow = {"grace_seconds": 2.0}
    assert run(calls=2, point="after the submit", options=slow)[0] == KILLED
    assert run(calls=2, options=slow) == (0, {"values": undisturbed})
    assert len(machine.jobs) == 6


def test_two_processes_on_one_budget(machine, warm, tmp_path):
    works = [
        {
            "url": machine.url, "folder": str(tmp_path / "run"), "out": str(tmp_path / name),
            "verb": name, "calls": 20, "budget": {"max_jobs": 10},
            "options": {"rows_per_job": 3, "shots": 10},
        }
        for name in ("one", "two")
    ]  # fmt: skip
    assert warm.run(*works) == [0, 0]
    assert len(machine.jobs) == 10
    for name in ("one", "two"):
        said = json.loads((tmp_path / name).read_text())
        assert said["exit_code"] == 3
        assert said["error"] == (
            "queue: the plan needs up to 1 job(s), but of max_jobs 10 only 0 are left in this run; "
            "nothing was sent; use fewer --samples, or raise max_jobs in backends.yaml"
        )


def test_two_processes_on_one_measurement_send_each_job_once(machine, warm, tmp_path):
    machine.seconds = 0.1
    works = [
        {
            "url": machine.url, "folder": str(tmp_path / "run"), "out": str(tmp_path / name),
            "calls": 2,
        }
        for name in ("one", "two")
    ]  # fmt: skip
    assert warm.run(*works) == [0, 0]
    one, two = (json.loads((tmp_path / name).read_text()) for name in ("one", "two"))
    assert one == two
    assert len(machine.jobs) == 6
    assert len({job["key"] for job in machine.jobs.values()}) == 6
