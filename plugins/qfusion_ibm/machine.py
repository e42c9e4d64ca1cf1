"""What is known about the machine behind a backend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from qfusion_core import InputError
from qfusion_ibm.errors import translated_errors
from qfusion_ibm.snapshots import snapshots_with


@dataclass(frozen=True)
class Machine:
    """A Qiskit backend.

    Attributes:
        name: Of the machine.
        backend: Qiskit's.
        qubits: How many there are.
    """

    name: str
    backend: Any
    qubits: int

    @cached_property
    def target(self) -> Any:
        """Gates, couplings and errors; asked once: see `qfusion_ibm.transpiled_circuit`."""
        return self.backend.target

    @cached_property
    def calibrated(self) -> str:
        """When, as ISO 8601; empty where nothing is ever calibrated."""
        with translated_errors(reads=True):
            properties = getattr(self.backend, "properties", lambda: None)()
        date = getattr(properties, "last_update_date", None)
        return "" if date is None else date.isoformat()

    @property
    def max_circuits(self) -> int | None:
        """Most circuits of a job, where the machine reports a limit."""
        most: int | None = self.backend.max_circuits
        return most

    def require_qubits(self, needed: int) -> None:
        """Refuse a circuit that does not fit.

        Raises:
            InputError: Names snapshots that it would fit.
        """
        if needed <= self.qubits:
            return
        fitting = snapshots_with(needed)
        raise InputError(
            f"ibm: the circuit has {needed} qubits, {self.name} has {self.qubits}; "
            + (
                f"snapshots that it fits, and that run here: {', '.join(fitting[:4])}; or use a "
                if fitting
                else "no snapshot is large enough; use a "
            )
            + "quantum encoder with fewer qubits"
        )
