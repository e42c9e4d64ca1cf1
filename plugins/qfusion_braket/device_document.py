"""The document of GetDevice, read and checked: what it says of limits, prices and status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from qfusion_braket.device_schema import Capabilities, DeviceReply, ServiceTerms, SetAction
from qfusion_braket.machine import Cost, Limits, Machine
from qfusion_core import InputError, QfusionError, Refused, one_line, parse_json, shown_path

ACTION, SET_ACTION = "braket.ir.openqasm.program", "braket.ir.openqasm.program_set"


def machine_of(
    reply: Mapping[str, Any],
    short: str,
    *,
    reserved: bool = False,
    mitigated: bool = False,
    saved: str | None = None,
) -> Machine:
    """A machine out of AWS's reply.

    Args:
        reply: Of GetDevice; its ``deviceCapabilities`` are JSON in text.
        short: Its name.
        reserved: Whether tasks go to a reservation, which may take other numbers of shots.
        mitigated: Whether errors are to be mitigated, which takes more shots.
        saved: The file that the capabilities are of; None where AWS told them just now.

    Raises:
        InputError: It runs no gates, or the file does not hold what such a document has to.
        Refused: AWS's reply does not.
    """
    try:
        description = DeviceReply.model_validate(dict(reply))
        document = Capabilities.model_validate(parse_json(description.capabilities))
        sets = _limits(document.action.get(SET_ACTION))
    except (ValueError, RecursionError) as error:  # pydantic's ValidationError is a ValueError
        raise _unreadable(error, short, saved) from None
    action = document.action.get(ACTION)
    if action is None:
        raise InputError(f"braket: {short} runs no circuits; choose a gate-based device")
    service, queues = document.service, description.queues
    low, high = (reserved and service.reservation_shots) or service.shots
    if mitigated:
        low = max([low, *document.mitigated])
    return Machine(
        name=short,
        qubits=document.paradigm.qubits,
        shots=(low, high),
        program_set=sets,
        status=description.status,
        gates=None if action.gates is None else frozenset(name.lower() for name in action.gates),
        cost=_cost(service),
        simulator=description.kind == "SIMULATOR",
        queue=", ".join(str(queue) for queue in queues),
        waiting=sum(queue.tasks for queue in queues) if queues else None,
        note=service.updated,
    )


def _cost(service: ServiceTerms) -> Cost | None:
    cost, date = service.cost, service.updated[:10] or f"{datetime.now(UTC):%Y-%m-%d}"
    return None if cost is None else Cost(cost.price, cost.unit.lower(), date)


def _limits(action: SetAction | None) -> Limits | None:
    if action is None:
        return None
    if action.executables is None or action.shots is None:
        # not taken for a machine without program sets: there each circuit is a task, and is paid
        raise ValueError(f"{SET_ACTION}: no limits")
    return Limits(action.executables, action.shots, action.least or 1)


def _unreadable(error: Exception, short: str, saved: str | None) -> QfusionError:
    problem = one_line(_first(error), 100)
    if saved is None:
        return Refused(
            f"what AWS tells of {short} cannot be read ({problem})",
            next_step="try again later, or update amazon-braket-sdk",
        )
    return InputError(
        f"braket: {shown_path(saved)}: does not describe a device ({problem}); "
        "`qfusion backends save NAME` stores one"
    )


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error) or type(error).__name__
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
