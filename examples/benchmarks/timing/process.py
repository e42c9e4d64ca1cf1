"""A simulator in a process of its own, with a deadline for every answer."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

from timing.child import serve

PATIENCE = 5.0  # a process that waits for others, or forever, uses no CPU time


class GaveUp(Exception):
    """The simulator did not answer in time, took too much memory, failed or died: says which.

    Attributes:
        over: Whether a limit was passed: a larger case would pass it too.
    """

    def __init__(self, reason: str, *, over: bool = False) -> None:
        super().__init__(reason)
        self.over = over


class Process:
    """The parent's side of `timing.child`. A process that gave up is ended and started anew."""

    def __init__(self, name: str, core: int | None, memory_gb: float) -> None:
        self.name = name
        self._core, self._memory_gb = core, memory_gb
        self._process: Any = None
        self._connection: Any = None

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None

    def start(self) -> None:
        """Start the process; nothing is imported in it yet but what serves."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        arguments = (theirs, self.name, self._core)
        self._process = context.Process(target=serve, args=arguments, daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, method: str, *arguments: Any, what: str, limit: float) -> Any:
        """Call a method of `Child`.

        Args:
            method: Its name.
            arguments: Its arguments.
            what: What it does, for the reason why it was given up.
            limit: CPU seconds until the process is ended; or `PATIENCE` times as many on a clock.

        Raises:
            GaveUp: No answer. The process has been ended, unless it reported an error itself.
        """
        self._connection.send((method, arguments))
        began, spent = time.monotonic(), cpu_seconds(self._process.pid)
        while not self._connection.poll(min(0.1, limit)):
            waited = time.monotonic() - began
            now = cpu_seconds(self._process.pid)
            used = waited if spent is None or now is None else now - spent
            if used > limit or waited > PATIENCE * limit:
                self.end()
                raise GaveUp(f"{what}: over the limit of {limit:g} s", over=True)
            if resident_gb(self._process.pid) > self._memory_gb:
                self.end()
                raise GaveUp(f"{what}: over the limit of {self._memory_gb:g} GB", over=True)
        try:
            right, answer = self._connection.recv()
        except EOFError:
            self._process.join(timeout=5)
            code = self._process.exitcode
            self.end()
            raise GaveUp(f"{what}: its process died (exit code {code})") from None
        if not right:
            raise GaveUp(f"{what}: {answer}")
        return answer

    def end(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.join()
            self._process = None


def resident_gb(pid: int) -> float:
    """Memory that a process holds; 0 where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(fields.get("VmRSS", "0 kB").split()[0]) * 1024 / 1e9


def cpu_seconds(pid: int) -> float | None:
    """CPU time that a process has used; None where the system does not say."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return None
    # the name of the program, in brackets, may hold blanks; then utime and stime are 11 and 12
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
