"""A small trained model, and a way to run a command line under a limit of memory and of time."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from support.places import TESTS, python_path

SECONDS, BYTES = 10, 2_000_000_000


class Outcome(NamedTuple):
    """Of a command."""

    code: int
    out: str
    err: str
    seconds: float  # of computing: others may use the machine, too
    bytes: int


@pytest.fixture(scope="module")
def warm():
    """Forks a child for each piece of work: (status, seconds, bytes)."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("warm_cli.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": python_path(TESTS)},
    )
    while (line := process.stdout.readline()) != '"ready"\n':
        assert line, "the warm process has ended"

    def _warm(**work):
        process.stdin.write(json.dumps(work) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield _warm
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()


@pytest.fixture
def limited(warm, tmp_path):
    """Runs a command line in a child of a process which has imported what takes long.

    The child is killed after some time; what it takes of memory beyond that process is measured.
    """

    def _limited(*words, environment=None, stdin=b""):
        (tmp_path / "stdin").write_bytes(stdin)
        status, seconds, taken = warm(
            folder=str(tmp_path),
            words=[str(word) for word in words],
            environment={**os.environ, **(environment or {})},
            directory=str(Path.cwd()),
            path=[str(folder) for folder in sys.path],
            seconds=12 * SECONDS,
        )
        out, err = ((tmp_path / name).read_bytes().decode() for name in ("stdout", "stderr"))
        return Outcome(os.waitstatus_to_exitcode(status), out, err, seconds, taken)

    return _limited
