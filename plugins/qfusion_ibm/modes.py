"""Where EstimatorV2 sends jobs: to a machine, to a batch or to a session on it."""

from __future__ import annotations

import weakref
from typing import Any

from qfusion_core import RemoteError
from qfusion_ibm.asking import asking
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Options


class Modes:
    """Opens one batch or session on each machine, when it is first used."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._open: dict[str, Any] = {}

    def of(self, machine: Machine) -> Any:
        """The SDK's argument ``mode``."""
        from qiskit_ibm_runtime import Batch, Session

        if self._options.mode == "job":
            return machine.backend
        if machine.name not in self._open:
            kind = Batch if self._options.mode == "batch" else Session
            with asking():
                mode = kind(machine.backend, max_time=self._options.session_seconds)
            # takes no more jobs once nobody can send any; what was sent is run
            weakref.finalize(self, _close, mode)
            self._open[machine.name] = mode
        return self._open[machine.name]


def _close(mode: Any) -> None:
    try:
        with asking():
            mode.close()
    except RemoteError:
        return  # IBM closes it when its time is over
