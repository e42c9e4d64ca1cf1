"""A process that has imported everything, and forks a child for each command line.

A child is a process of its own: it has its own connections, signals and exit status. Its clock, its
host's name and single values of the program can be other than they are, as on another machine, at
another time or in a later release.

Reads one JSON document for each line of standard input and answers with one: ``start`` gives a
process id, ``wait`` the exit status of one (a negative one is the signal that ended it, null that
it still runs), ``import`` nothing. No threads are started here, so that forking is safe.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import mmap
import os
import signal
import socket
import struct
import sys
import time
import warnings
from pathlib import Path
from typing import Any


class Clock:
    """Seconds that a child is ahead, read from a file: others may change it while it runs."""

    def __init__(self) -> None:
        self._map: mmap.mmap | None = None

    def read(self, path: str) -> None:
        """From now on."""
        with Path(path).open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 16)

    def ahead(self, place: int) -> float:
        """Of the clock (0) or of the monotonic one (1)."""
        if self._map is None:
            return 0.0
        (seconds,) = struct.unpack_from("d", self._map, 8 * place)
        return float(seconds)


def install(clock: Clock) -> None:
    """Put it in place of Python's, before anybody keeps those."""
    wall, monotonic = time.time, time.monotonic
    time.time = lambda: wall() + clock.ahead(0)
    time.monotonic = lambda: monotonic() + clock.ahead(1)


def patch(place: str, value: Any) -> None:
    """Give ``module:attribute.attribute`` another value, where it exists."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    with contextlib.suppress(ImportError, AttributeError):
        owner = importlib.import_module(module)
        for each in owners:
            owner = getattr(owner, each)
        if hasattr(owner, name):
            setattr(owner, name, tuple(value) if isinstance(value, list) else value)


def add_option(place: str) -> None:
    """A later release has one more option, with a default."""
    from pydantic import Field, create_model

    module, _, name = place.partition(":")
    owner = getattr(importlib.import_module(module), name)
    more: Any = {"added_later": (int, Field(7, description="of a later release"))}
    before = owner.Options
    owner.Options = create_model("Options", __base__=before, **more)
    setattr(sys.modules[before.__module__], before.__name__, owner.Options)  # where it is offered


def child(spec: dict[str, Any], clock: Clock) -> int:
    """Do one command line; gives the exit status."""
    os.environ.clear()
    os.environ.update(spec["environment"])
    os.chdir(spec["folder"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in (signal.SIGTERM, signal.SIGHUP):  # ignored by what nohup starts
        signal.signal(each, signal.SIG_DFL)
    for number, name in ((1, "out"), (2, "err")):
        opened = os.open(spec[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdin = open(0, closefd=False)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)
    clock.read(spec["clock"])
    if spec.get("host"):
        socket.gethostname = lambda: spec["host"]
    for place, value in (spec.get("patches") or {}).items():
        patch(place, value)
    if spec.get("added_option"):
        add_option(spec["added_option"])
    status: Any = 0
    try:
        if "script" in spec:
            exec(compile(spec["script"], "script", "exec"), {"__name__": "__main__"})  # our own
        else:
            importlib.import_module("qfusion_core.cli").main(spec["words"])
    except SystemExit as end:
        status = end.code
    if learnt := spec.get("learnt"):
        Path(learnt).write_text(json.dumps(list(sys.modules)))
    return int(status or 0) if not isinstance(status, str) else 1


def start(spec: dict[str, Any], clock: Clock) -> int:
    """Fork a child; gives its id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        status = child(spec, clock)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        _at_exit()
        os._exit(status)


def _at_exit() -> None:
    """What Python would do at its end: sessions are closed by weak references."""
    import atexit

    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()


def wait(pid: int, seconds: float) -> int | None:
    """Exit status of a child."""
    left = seconds
    while left > 0:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
        left -= 0.005
    return None


def load(modules: list[str]) -> None:
    """Import what a child was seen to import."""
    for name in modules:
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(name)
    if "botocore.loaders" in sys.modules:  # boto reads megabytes of models for each session
        import boto3
        import botocore.loaders

        botocore.loaders.create_loader = functools.cache(botocore.loaders.create_loader)
        keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
        for name in ("braket", "s3"):
            boto3.Session(region_name="us-east-1", **keys).client(name)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)


def main() -> None:
    """Answer until standard input ends."""
    sys.path.pop(0)  # modules beside this one are not the program's
    clock = Clock()
    install(clock)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        answer: Any = None
        if "start" in asked:
            answer = start(asked["start"], clock)
        elif "wait" in asked:
            answer = wait(asked["wait"], asked["seconds"])
        elif "import" in asked:
            load(asked["import"])
        answers.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
