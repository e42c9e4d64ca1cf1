"""Where the SDK sends jobs: to a machine, to a batch or to a session on it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from qfusion_core import QfusionError
from qfusion_ibm.asking import asking
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Options

# called with the id of what was opened, it writes it down, for whoever comes next should this
# process be killed; what it returns is to be called when it is closed
Opened = Callable[[str], Callable[[], None]]


def nothing() -> None:
    """Nobody has to be told."""


class Modes:
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
            with asking():
                mode = kind(machine.backend, max_time=self._options.session_seconds)
            closed = opened(mode.session_id) if mode.session_id else nothing
            # takes no more jobs once nobody can send any; what was sent is run
            weakref.finalize(self, _close, mode, closed)
            self._open[machine.name] = mode
        return self._open[machine.name]


def _close(mode: Any, closed: Callable[[], None]) -> None:
    try:
        with asking():
            mode.close()
        closed()
    except QfusionError:
        return  # it stays written down; IBM closes it when its time is over
