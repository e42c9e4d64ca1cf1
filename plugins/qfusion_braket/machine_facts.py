"""What AWS tells of a device, as an entry of the list of machines."""

from __future__ import annotations

from qfusion_braket.device_schema import Capabilities
from qfusion_braket.machine import Machine
from qfusion_core import MachineFacts, parse_json


def facts_of(machine: Machine, arn: str, document: bytes) -> MachineFacts:
    """Facts for the list.

    Args:
        machine: As it was read out of the reply.
        arn: Of the device.
        document: Its capabilities, which were read once already.
    """
    paradigm = Capabilities.model_validate(parse_json(document.decode())).paradigm
    sets, cost = machine.program_set, machine.cost
    vendor, _, _ = machine.name.partition("/")
    return MachineFacts(
        device=machine.name,
        vendor="Amazon" if machine.simulator else vendor,
        kind="simulator" if machine.simulator else "qpu",
        id=arn,
        qubits=machine.qubits,
        native_gates=tuple(gate.lower() for gate in paradigm.gates),
        connectivity=paradigm.couplings,
        shots=machine.shots,
        circuits_per_job=sets and sets.executables,
        shots_per_job=sets and sets.shots,
        usd_per_shot=cost.price if cost is not None and cost.unit == "shot" else None,
        usd_per_minute=cost.price if cost is not None and cost.unit == "minute" else None,
    )
