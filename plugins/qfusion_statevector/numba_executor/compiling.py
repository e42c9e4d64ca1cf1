"""Kernels are compiled when they are first called on a machine: said where that takes long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Timer

from numba.core import event

from qfusion_core import note

PATIENCE = 1.0  # seconds

LINE = (
    "statevector: compiling its kernels for this machine, once: about 15 seconds of computing "
    "(`qfusion backends statevector --check` does it ahead)"
)


@contextmanager
def said_if_long(line: str = LINE, seconds: float = PATIENCE) -> Iterator[None]:
    """Say a line if numba compiles within, and goes on for long: nobody takes it for a hang.

    Kernels that come from the disk are not compiled, however long a busy machine takes for them.

    Args:
        line: For the user.
        seconds: After which it is said.
    """
    compiling = _Compiling(Timer(seconds, _say_once, (line,)))
    with event.install_listener("numba:compile", compiling):
        try:
            yield
        finally:
            compiling.over()


class _Compiling(event.Listener):
    """Starts a timer when the first kernel is compiled."""

    def __init__(self, timer: Timer) -> None:
        self._timer, self._started = timer, False
        timer.daemon = True

    def on_start(self, event: event.Event) -> None:
        if not self._started:
            self._started = True
            self._timer.start()

    def on_end(self, event: event.Event) -> None:
        """Another may follow."""

    def over(self) -> None:
        """Of all that is done within."""
        self._timer.cancel()
        if self._started:
            self._timer.join()  # a process that forks later has no thread of ours


@cache  # there and back are compiled one after the other
def _say_once(line: str) -> None:
    note(line)
