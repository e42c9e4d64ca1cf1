"""Where tasks run: at AWS, or in this process. The device talks to either through this."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import qfusion_core
from qfusion_braket.machine import Machine
from qfusion_core import Circuit, NoiseParameters


class Site(qfusion_core.Site):
    """One device and its tasks."""

    @abstractmethod
    def machine(self) -> Machine:
        """The device, asked once."""

    @abstractmethod
    def facts(self, circuit: Circuit, observables: Sequence[str]) -> dict[str, Any]:
        """Of a template on it, for `qfusion estimate`: depth, two-qubit gates; as compiled here."""

    def noise(self) -> NoiseParameters | None:
        """Mean over the qubits; None where none is known. Asks nobody."""
        return None
