"""Kernels are compiled when they are first called on a machine: said where that takes long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Timer

from qfusion_core import note

PATIENCE = 1.0  # seconds; from disk they come sooner

LINE = (
    "statevector: compiling its kernels for this machine, once: about 15 seconds of computing "
    "(`qfusion backends statevector --check` does it ahead)"
)


@contextmanager
def said_if_long(line: str = LINE, seconds: float = PATIENCE) -> Iterator[None]:
    """Say a line if what is done within is not over by then: nobody takes it for a hang.

    Args:
        line: For the user.
        seconds: After which it is said.
    """
    timer = Timer(seconds, _say_once, (line,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # a process that forks later has no thread of ours


@cache  # there and back are compiled one after the other
def _say_once(line: str) -> None:
    note(line)
