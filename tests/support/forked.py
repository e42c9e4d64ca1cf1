"""Programs in processes of their own which need not import anything: children of `forking`.

Not for tests of how a process starts, of what it imports, or of what it reads when it does.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.places import TESTS, python_path


class Forks:
    """Starts children of one process that has imported everything."""

    def __init__(self):
        self.connection, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "support.forking", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": python_path(TESTS)},
            )
        self.lines = self.connection.makefile("r")
        assert self.lines.readline() == "ready\n"

    def ask(self, work, streams=()):
        """An answer."""
        socket.send_fds(self.connection, [b"."], streams)
        self.connection.sendall((json.dumps(work) + "\n").encode())
        return json.loads(self.lines.readline())

    def start(self, *arguments, code=None, stdin=None, stdout=None, stderr=None, environment=None):
        """A process: ``python -c CODE ARGUMENTS``, or the command line where there is no code.

        Args:
            arguments: Words.
            code: A program.
            stdin: A file; empty for None.
            stdout: A file; whose output is thrown away for None.
            stderr: The same.
            environment: What it has besides, or other than, this process.
        """
        words = [str(word) for word in arguments]
        work = {
            "code": code, "arguments": words, "words": words, "path": [*map(str, sys.path)],
            "environment": {**os.environ, **(environment or {})}, "directory": str(Path.cwd()),
        }  # fmt: skip
        with open(os.devnull, "r+b") as none:  # noqa: PTH123
            streams = [(stream or none).fileno() for stream in (stdin, stdout, stderr)]
            return Started(self, self.ask(work, streams))

    def run(self, *arguments, code=None, environment=None):
        """Such a process, when it has ended: `subprocess.CompletedProcess`, its output as text."""
        # pipes, since a child may have bound the size of its files; each is read to its end
        with ThreadPoolExecutor(2) as readers:
            (out, said_out), (err, said_err) = (self._read_by(readers) for _ in range(2))
            with said_out, said_err:
                started = self.start(
                    *arguments, code=code, stdout=said_out, stderr=said_err,
                    environment=environment,
                )  # fmt: skip
            texts = out.result(), err.result()
        status = started.wait()
        return subprocess.CompletedProcess(arguments, status, *texts)

    def talk(self, *arguments, code):
        """Such a process, with pipes to its standard input and output."""
        (stdin, to), (out, stdout) = os.pipe(), os.pipe()
        with open(stdin, "rb") as theirs, open(stdout, "wb") as said:  # noqa: PTH123
            started = self.start(*arguments, code=code, stdin=theirs, stdout=said)
        started.stdin, started.stdout = open(to, "w"), open(out)  # noqa: PTH123
        return started

    @staticmethod
    def _read_by(readers):
        """What a thread will have read from a pipe, and the end to write to."""
        read, write = os.pipe()

        def whole():
            with open(read) as source:  # noqa: PTH123
                return source.read()

        return readers.submit(whole), open(write, "wb")  # noqa: PTH123

    def close(self):
        self.lines.close()
        self.connection.close()
        assert self.process.wait(30) == 0


class Started:
    """A child that was started."""

    stdin = stdout = None  # of one that is talked to
    seconds = bytes = None  # computed, and taken beyond what was imported, of one that has ended

    def __init__(self, forks, pid):
        self.forks, self.pid = forks, pid

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        """The exit status; a negative one is the signal that killed it."""
        status, self.seconds, self.bytes = self.forks.ask({"wait": self.pid})
        return status

    def communicate(self):
        """The rest of what it says, and its exit status."""
        with self.stdin, self.stdout:
            return self.stdout.read(), self.wait()


@pytest.fixture(scope="session")
def forks():
    """Started when a test asks for it first."""
    forks = Forks()
    yield forks
    forks.close()
