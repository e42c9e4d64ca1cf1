"""SIGKILL anywhere, then the same again: each planned job is accepted once, and the values are
those of an undisturbed run. A stand-in draws by the number of a job, so that values repeat only if
jobs do.

A suite subclasses `Kills` in a module whose ``machine`` fixture is a running stand-in, ``serve`` a
context manager for another one, and ``warm.py`` beside it a process that makes its devices.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from support.places import EXAMPLE, TESTS, python_path
from support.seeds import seeds

KILLED = -9
POINTS = (
    "before the intent", "after the intent", "after the submit", "while polling", "while storing",
)  # fmt: skip


class Warm:
    """A process that has imported everything, and forks children."""

    def __init__(self, script, *flags):
        self.state = tempfile.TemporaryDirectory()  # its journals have a key of their own
        self.process = subprocess.Popen(
            [sys.executable, *flags, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "XDG_STATE_HOME": self.state.name,
                "PYTHONPATH": python_path(TESTS, EXAMPLE),
            },
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
        self.state.cleanup()


class Kills:
    """Two calls of three rows, a job for each: six jobs. A suite says how jobs are counted."""

    jobs = 6

    @staticmethod
    def sent(machine):
        """Keys of the jobs that were accepted."""
        raise NotImplementedError

    @staticmethod
    def forget(machine):
        """Start anew with the numbers of jobs."""
        machine.jobs.clear()

    @staticmethod
    def after_a_kill(run):
        """What a file system does of its own, where that is not Linux's."""

    @classmethod
    def all_sent_once(cls, machine):
        keys = list(cls.sent(machine))
        return len(keys) == len(set(keys)) == cls.jobs

    @pytest.fixture(scope="class")
    @classmethod
    def undisturbed(cls, warm, serve, tmp_path_factory):
        """Values of a run that nobody kills, and its seconds, on a machine of its own."""
        folder = tmp_path_factory.mktemp("undisturbed")
        out = folder / "out.json"
        with serve() as (machine, environment):
            work = {"environment": environment, "out": str(out), "calls": 2}
            assert warm.run({**work, "folder": str(folder / "first")}) == [0]
            cls.forget(machine)
            began = time.monotonic()  # of a second one: the first has to prepare
            assert warm.run({**work, "folder": str(folder / "second")}) == [0]
            seconds = time.monotonic() - began
        assert cls.all_sent_once(machine)
        return {"values": json.loads(out.read_text())["values"]}, seconds

    @pytest.fixture
    def run(self, warm, machine, environment, tmp_path):
        """Runs a child with one measurement; gives its exit status and what it said."""

        def _run(**work):
            out = tmp_path / "out.json"
            out.unlink(missing_ok=True)
            spec = {"folder": str(tmp_path / "run"), "out": str(out), "calls": 2, **work}
            (status,) = warm.run({"environment": environment, **spec})
            if status == KILLED:
                self.after_a_kill(Path(spec["folder"]))
            return status, json.loads(out.read_text()) if out.is_file() else None

        return _run

    @pytest.mark.parametrize("point", POINTS)
    def test_killed_at_a_point(self, machine, run, undisturbed, point):
        assert run(point=point) == (KILLED, None)
        assert run() == (0, undisturbed[0])
        assert self.all_sent_once(machine)

    @pytest.mark.parametrize("seed", seeds(10))
    def test_killed_at_a_random_instant(self, machine, run, undisturbed, seed):
        instant = random.Random(seed).uniform(0.0, undisturbed[1])
        status, _ = run(after=instant)
        assert status in (KILLED, 0)
        assert run() == (0, undisturbed[0])
        assert self.all_sent_once(machine)

    @pytest.mark.soak
    @pytest.mark.parametrize("seed", range(100, 150))
    def test_killed_at_many_random_instants(self, machine, run, undisturbed, seed):
        self.test_killed_at_a_random_instant(machine, run, undisturbed, seed)

    def test_killed_after_the_submit_and_listed_late(self, machine, run, undisturbed):
        machine.listed_after = 0.3
        slow = {"grace_seconds": 2.0}
        assert run(point="after the submit", options=slow)[0] == KILLED
        assert run(options=slow) == (0, undisturbed[0])
        assert self.all_sent_once(machine)

    def test_two_processes_on_one_budget(self, machine, environment, warm, tmp_path):
        works = [
            {
                "environment": environment, "folder": str(tmp_path / "run"),
                "out": str(tmp_path / name), "verb": name, "calls": 20, "budget": {"max_jobs": 10},
                "options": {"rows_per_job": 3, "shots": 10},
            }
            for name in ("one", "two")
        ]  # fmt: skip
        assert warm.run(*works) == [0, 0]
        both = [json.loads((tmp_path / name).read_text()) for name in ("one", "two")]
        errors = [(said["exit_code"], said["error"]) for said in both]
        assert len(list(self.sent(machine))) == 10, errors
        for exit_code, error in errors:
            assert exit_code == 3, error
            assert "the plan needs up to 1 job(s), but of max_jobs 10 only 0 are left" in error

    def test_two_processes_on_one_measurement(self, machine, environment, warm, tmp_path):
        machine.seconds = 0.1
        works = [
            {
                "environment": environment, "folder": str(tmp_path / "run"),
                "out": str(tmp_path / name), "calls": 2,
            }
            for name in ("one", "two")
        ]  # fmt: skip
        assert warm.run(*works) == [0, 0]
        one, two = (json.loads((tmp_path / name).read_text()) for name in ("one", "two"))
        assert one == two
        assert self.all_sent_once(machine)
