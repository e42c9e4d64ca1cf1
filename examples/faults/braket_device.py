"""The device at Amazon Braket, as GetDevice tells of it. Figures are made up."""

from __future__ import annotations

import json
from typing import Any

ARN = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"
GATES = ["x", "y", "z", "h", "rx", "ry", "rz", "cz"]


def document(price: Any = 0.00145, status: str = "ONLINE") -> dict[str, Any]:
    """The reply.

    Args:
        price: Of a shot, in US dollars.
        status: ONLINE, OFFLINE or RETIRED.
    """
    window = {"executionDay": "Everyday", "windowStartHour": "00:00:00",
              "windowEndHour": "23:59:59"}  # fmt: skip
    service = {
        **_header("device_service_properties"), "executionWindows": [window],
        "shotsRange": [1, 20000], "deviceCost": {"price": price, "unit": "shot"},
        "updatedAt": "2026-05-01T08:00:00.000000",
    }  # fmt: skip
    one, many = "braket.ir.openqasm.program", "braket.ir.openqasm.program_set"
    actions = {
        one: {"actionType": one, "version": ["1"], "supportedOperations": GATES,
              "supportedResultTypes": []},
        many: {"actionType": many, "version": ["1"], "maximumExecutables": 100,
               "maximumTotalShots": 1000000},
    }  # fmt: skip
    capabilities = {
        **_header("iqm.iqm_device_capabilities"), "service": service, "action": actions,
        "deviceParameters": {},
        "paradigm": {
            **_header("gate_model_qpu_paradigm_properties"), "qubitCount": 20,
            "connectivity": {"fullyConnected": True, "connectivityGraph": {}},
            "nativeGateSet": ["cz", "prx"],
        },
    }  # fmt: skip
    return {
        "deviceArn": ARN, "deviceName": "Garnet", "providerName": "IQM", "deviceType": "QPU",
        "deviceStatus": status, "deviceCapabilities": json.dumps(capabilities),
        "deviceQueueInfo": [
            {"queue": "QUANTUM_TASKS_QUEUE", "queueSize": "3", "queuePriority": "Normal"}
        ],
    }  # fmt: skip


def _header(name: str) -> dict[str, Any]:
    return {"braketSchemaHeader": {"name": f"braket.device_schema.{name}", "version": "1"}}
