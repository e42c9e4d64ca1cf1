"""SIGKILL anywhere in the IBM client, then the same again: the service counts each planned job
once, and the values are those of an undisturbed run. The service draws by the number of a job, so
that values repeat only if jobs do.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import ibm_proxy
import pytest
from ibm_service import Service

from .conftest import SECRET

KILLED = -9
POINTS = (
    "before the intent", "after the intent", "after the submit", "while polling", "while storing",
)  # fmt: skip


class Warm:
    """A process that has imported everything, and forks children."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("warm.py")],
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


@pytest.fixture(scope="module")
def surroundings(certificate, shared_cache):
    """What a child needs to find a service."""

    def _surroundings(address):
        return {
            **ibm_proxy.environment(address, certificate),
            "XDG_CACHE_HOME": str(shared_cache),
            "XDG_CONFIG_HOME": str(shared_cache / "config"),
        }

    return _surroundings


@pytest.fixture
def run(warm, service, surroundings, tmp_path):
    """Runs a child with one measurement; gives its exit status and what it said."""

    def _run(**work):
        out = tmp_path / "out.json"
        out.unlink(missing_ok=True)
        spec = {"folder": str(tmp_path / "run"), "out": str(out), "calls": 2, **work}
        (status,) = warm.run({"environment": surroundings(service.address), **spec})
        return status, json.loads(out.read_text()) if out.is_file() else None

    return _run


@pytest.fixture(scope="module")
def undisturbed(warm, certificate, surroundings, tmp_path_factory):
    """Values of a run that nobody kills, and its seconds: two calls, six jobs."""
    folder, service = tmp_path_factory.mktemp("undisturbed"), Service(SECRET)
    out = folder / "out.json"
    with ibm_proxy.running(service, certificate) as address:
        work = {"environment": surroundings(address), "out": str(out), "calls": 2}
        assert warm.run({**work, "folder": str(folder / "first")}) == [0]
        service.jobs.clear()
        began = time.monotonic()  # of a second one: the first has to transpile
        assert warm.run({**work, "folder": str(folder / "second")}) == [0]
        seconds = time.monotonic() - began
    assert len(service.jobs) == 6
    return {"values": json.loads(out.read_text())["values"]}, seconds


def all_sent_once(service):
    tags = [job["tags"][0] for job in service.jobs.values()]
    return len(tags) == len(set(tags)) == 6


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(service, run, undisturbed, point):
    assert run(point=point) == (KILLED, None)
    assert run() == (0, undisturbed[0])
    assert all_sent_once(service)


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_a_random_instant(service, run, undisturbed, seed):
    instant = random.Random(seed).uniform(0.0, undisturbed[1])
    status, _ = run(after=instant)
    assert status in (KILLED, 0)
    assert run() == (0, undisturbed[0])
    assert all_sent_once(service)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 150))
def test_killed_at_many_random_instants(service, run, undisturbed, seed):
    test_killed_at_a_random_instant(service, run, undisturbed, seed)


def test_killed_after_the_submit_and_listed_late(service, run, undisturbed):
    service.listed_after = 0.5
    slow = {"grace_seconds": 3.0}
    assert run(point="after the submit", options=slow)[0] == KILLED
    assert run(options=slow) == (0, undisturbed[0])
    assert all_sent_once(service)


def test_two_processes_on_one_budget(service, warm, surroundings, tmp_path):
    works = [
        {
            "environment": surroundings(service.address), "folder": str(tmp_path / "run"),
            "out": str(tmp_path / name), "verb": name, "calls": 20, "budget": {"max_jobs": 10},
            "options": {"rows_per_job": 3, "shots": 10},
        }
        for name in ("one", "two")
    ]  # fmt: skip
    assert warm.run(*works) == [0, 0]
    assert len(service.jobs) == 10
    said = [json.loads((tmp_path / name).read_text()) for name in ("one", "two")]
    assert [each["exit_code"] for each in said] == [3, 3]
