"""What IBM tells of a machine, for the list of machines."""

from __future__ import annotations

from typing import Any

from qfusion_core import MachineFacts
from qfusion_ibm.errors import translated_errors
from qfusion_ibm.machine import Machine


def facts_of(machine: Machine) -> MachineFacts:
    """Facts of its configuration; IBM tells no price."""
    with translated_errors(reads=True):
        configuration: Any = machine.backend.configuration()
    most = getattr(configuration, "max_shots", None)
    gates = tuple(str(gate) for gate in configuration.basis_gates)
    return MachineFacts(
        device=machine.name,
        vendor="IBM",
        qubits=machine.qubits,
        native_gates=gates,
        shots=(1, most) if isinstance(most, int) and most >= 1 else None,
        circuits_per_job=machine.max_circuits,
    )
