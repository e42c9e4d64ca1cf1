"""A machine as a list of machines has it, without an account: to plan, never to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from qfusion_core import Circuit, Listed, MachineFacts
from qfusion_ibm.errors import asking
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Credentials, Options
from qfusion_ibm.runtime_site import RuntimeSite


class ListedSite(RuntimeSite):
    """IBM is not asked.

    Args:
        options: Of the device.
        entry: Of the list.
    """

    def __init__(self, options: Options, entry: Listed) -> None:
        super().__init__(options, Credentials())
        facts = entry.facts
        backend = _Backend(facts.qubits, facts.circuits_per_job)
        self._listed = Machine(facts.device, backend, facts.qubits)

    def machine(self, name: str | None, qubits: int) -> Machine:
        """The machine of the list."""
        return self._listed


@dataclass(frozen=True)
class _Backend:
    """As much of a Qiskit backend as a plan without gates asks for."""

    num_qubits: int
    max_circuits: int | None


@dataclass(frozen=True)
class _Template:
    """In place of a transpiled one: no facts, and all of its angles count."""

    isa: Any = field(default_factory=lambda: SimpleNamespace(parameters=(True,)))
    facts: Mapping[str, int] = field(default_factory=dict)
    gates: frozenset[str] = frozenset()


class Untranspiled:
    """In place of `Templates`: a list has no couplings, so depth and gates are not told."""

    def get(self, circuit: Circuit, machine: Machine) -> _Template:
        """The same for all."""
        return _Template()


def facts_of(machine: Machine) -> MachineFacts:
    """What IBM tells of a machine, for the list."""
    with asking(reads=True):
        told: Any = machine.backend.configuration()
    most = getattr(told, "max_shots", None)
    gates = tuple(str(gate) for gate in told.basis_gates)
    return MachineFacts(
        device=machine.name,
        vendor="IBM",
        qubits=machine.qubits,
        native_gates=gates,
        shots=(1, most) if isinstance(most, int) and most >= 1 else None,
        circuits_per_job=machine.max_circuits,
    )
