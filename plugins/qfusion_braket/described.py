"""The document of GetDevice, read: what it says of limits, prices and status."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from qfusion_braket.machine import Cost, Limits, Machine
from qfusion_core import InputError

ACTION, SET_ACTION = "braket.ir.openqasm.program", "braket.ir.openqasm.program_set"


def machine_of(
    reply: dict[str, Any], short: str, *, reserved: bool = False, mitigated: bool = False
) -> Machine:
    """A machine out of AWS's reply.

    Args:
        reply: Of GetDevice; its ``deviceCapabilities`` are JSON in text.
        short: Its name.
        reserved: Whether tasks go to a reservation, which may take other numbers of shots.
        mitigated: Whether errors are to be mitigated, which takes more shots.

    Raises:
        InputError: It runs no gates.
    """
    document = json.loads(reply["deviceCapabilities"])
    actions, service = document.get("action", {}), document["service"]
    if ACTION not in actions:
        raise InputError(f"braket: {short} runs no circuits; choose a gate-based device")
    gates = actions[ACTION].get("supportedOperations")
    low, high = (reserved and service.get("reservationShotsRange")) or service["shotsRange"]
    if mitigated:
        low = max([low, *_mitigated(document)])
    queues = [
        each
        for each in reply.get("deviceQueueInfo") or []
        if each["queue"] == "QUANTUM_TASKS_QUEUE"
    ]
    updated = str(service.get("updatedAt") or "")
    cost = service.get("deviceCost")
    return Machine(
        name=short,
        qubits=document["paradigm"]["qubitCount"],
        shots=(int(low), int(high)),
        program_set=_limits(actions.get(SET_ACTION)),
        status=reply["deviceStatus"],
        gates=None if gates is None else frozenset(name.lower() for name in gates),
        cost=cost and Cost(float(cost["price"]), cost["unit"].lower(), updated[:10] or _today()),
        simulator=reply["deviceType"] == "SIMULATOR",
        queue=_queue(queues),
        waiting=sum(int(each["queueSize"].lstrip(">")) for each in queues) if queues else None,
        note=updated,
    )


def _limits(action: dict[str, Any] | None) -> Limits | None:
    if not action:
        return None
    most, shots = int(action["maximumExecutables"]), int(action["maximumTotalShots"])
    return Limits(most, shots, int(action.get("minimumTotalShots") or 1))


def _mitigated(document: dict[str, Any]) -> list[int]:
    """Fewest shots with error mitigation, as far as they are told."""
    schemes = (document.get("provider") or {}).get("errorMitigation") or {}
    return [int(each["minimumShots"]) for each in schemes.values()]


def _queue(queues: list[dict[str, str]]) -> str:
    said = [
        f"{each['queueSize']} tasks wait"
        + (" in priority" if each.get("queuePriority") == "Priority" else "")
        for each in queues
    ]
    return ", ".join(said)


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"
