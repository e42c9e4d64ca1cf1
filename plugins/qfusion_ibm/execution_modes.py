"""Where the SDK sends jobs: to a machine, to a batch or to a session on it."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

from qfusion_core import QfusionError
from qfusion_ibm.errors import translated_errors
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Options

# called with the id of what was opened, it writes it down, for whoever comes next should this
# process be killed; what it returns is to be called when it is closed
Opened = Callable[[str], Callable[[], None]]


def nothing(*_: object) -> None:
    """Nobody has to be told."""


class ExecutionModes:
    """Opens one batch or session on each machine, when it is first used."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._open: dict[str, Any] = {}

    def of(self, machine: Machine, opened: Opened) -> Any:
        """The SDK's argument ``mode``."""
        from qiskit_ibm_runtime import Batch, Session

        if self._options.mode == "job":
            return machine.backend
        if machine.name not in self._open:
            kind = Batch if self._options.mode == "batch" else Session
            with translated_errors():
                mode = kind(machine.backend, max_time=self._options.session_seconds)
            closed = opened(mode.session_id) if mode.session_id else nothing
            self._open[machine.name] = mode
            self._close_in_the_end(mode, closed)
        return self._open[machine.name]

    def _close_in_the_end(self, mode: Any, closed: Callable[[], None]) -> None:
        """It takes no more jobs once nobody can send any; what was sent is run."""
        garbage = weakref.finalize(self, _close_aside, mode, closed)
        garbage.atexit = False  # no thread can be started then
        atexit.register(at_exit := partial(_close_unless_closed, garbage, mode, closed))
        weakref.finalize(self, atexit.unregister, at_exit).atexit = False


def _close_aside(mode: Any, closed: Callable[[], None]) -> None:
    """Close it in a thread: garbage is collected in any one, which may hold what closing needs."""
    Thread(target=_close, args=(mode, closed), name=f"close {mode.session_id}").start()


def _close_unless_closed(garbage: Any, mode: Any, closed: Callable[[], None]) -> None:
    if garbage.detach():
        _close(mode, closed)


def _close(mode: Any, closed: Callable[[], None]) -> None:
    try:
        with translated_errors():
            mode.close()
        closed()
    except QfusionError:
        return  # it stays written down; IBM closes it when its time is over
