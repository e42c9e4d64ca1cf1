"""A machine as a list of machines has it, without an account: to plan, never to send."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from typing_extensions import override

from qfusion_core import Circuit, Listed
from qfusion_ibm.machine import Machine
from qfusion_ibm.options import Credentials, Options
from qfusion_ibm.provider_site import RuntimeSite
from qfusion_ibm.transpiled_circuit import TranspiledCircuit


class ListedSite(RuntimeSite):
    """IBM is not asked.

    Args:
        options: Of the device.
        entry: Of the list.
    """

    asks = False

    def __init__(self, options: Options, entry: Listed) -> None:
        super().__init__(options, Credentials())
        facts = entry.facts
        backend = _Backend(facts.qubits, facts.circuits_per_job)
        self._listed = Machine(facts.device, backend, facts.qubits)

    @override
    def machine(self, name: str | None, qubits: int) -> Machine:
        return self._listed

    @override
    def template(self, circuit: Circuit, machine: Machine) -> TranspiledCircuit:
        return _Untranspiled(SimpleNamespace(parameters=(True,)))  # all of its angles count


@dataclass(frozen=True)
class _Backend:
    """As much of a Qiskit backend as a plan without gates asks for."""

    num_qubits: int
    max_circuits: int | None


class _Untranspiled(TranspiledCircuit):
    """A list has no couplings, so that depth and gates are not known."""

    @property
    @override
    def facts(self) -> dict[str, int]:
        return {}

    @property
    @override
    def gates(self) -> set[str]:
        return set()
