"""Runs command lines in real processes that start at once (see `faults.warm`)."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

LONGEST = 90.0  # seconds, of one command line


class Done(NamedTuple):
    """How a command line ended; a negative code is the signal that ended it."""

    code: int | None
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line of standard error."""
        lines = [line for line in self.err.splitlines() if line.strip()]
        return lines[-1] if lines else ""


class Running(NamedTuple):
    """A command line that runs."""

    shell: Shell
    pid: int
    out: Path
    err: Path
    clock: Path

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def jump(self, seconds: float, *, monotonic: bool = True) -> None:
        """Set its clocks ahead."""
        set_clock(self.clock, seconds, seconds if monotonic else 0.0)

    def wait(self, seconds: float = LONGEST) -> Done:
        """Wait for its end; it is killed when the time is over."""
        code = self.shell.ask({"wait": self.pid, "seconds": seconds})
        if code is None:
            os.kill(self.pid, signal.SIGKILL)
            self.shell.ask({"wait": self.pid, "seconds": 10})
        texts = (path.read_text(errors="replace") for path in (self.out, self.err))
        return Done(code, *texts)


class Shell:
    """The process that forks; to be closed."""

    def __init__(self, scratch: Path) -> None:
        self._scratch, self._number = scratch, 0
        self._log = (scratch / "warm.log").open("a")
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warm.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "USAGE_DATA_OPT_OUT": "True"},
        )  # fmt: skip

    def ask(self, question: dict[str, Any]) -> Any:
        """See `faults.warm`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start(
        self, words: Sequence[str], environment: Mapping[str, str], folder: Path, **more: Any
    ) -> Running:
        """Start a command line.

        Args:
            words: After ``qfusion``.
            environment: All of it.
            folder: In which it runs.
            more: ``script`` (in place of the words), ``host``, ``patches``, ``added_option``,
                ``ahead`` (seconds of its clock), ``learnt``.
        """
        self._number += 1
        out, err, clock = (
            self._scratch / f"{self._number}.{kind}" for kind in ("out", "err", "clock")
        )
        ahead = more.pop("ahead", 0.0)
        set_clock(clock, ahead, 0.0)
        spec = {"words": list(words), "environment": dict(environment), "folder": str(folder),
                "out": str(out), "err": str(err), "clock": str(clock), **more}  # fmt: skip
        return Running(self, self.ask({"start": spec}), out, err, clock)

    def learn(self, modules: Sequence[str]) -> None:
        """Import modules, for the children to come."""
        self.ask({"import": list(modules)})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *rest: object) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._log.close()


def set_clock(path: Path, wall: float, monotonic: float) -> None:
    """What a child's clocks are ahead; in place, as it may be reading."""
    if path.exists():
        with path.open("r+b") as file:
            file.write(struct.pack("dd", wall, monotonic))
    else:
        path.write_bytes(struct.pack("dd", wall, monotonic))
