"""Documents of devices as GetDevice gives them. Schemas are the SDK's, figures are made up."""

from __future__ import annotations

import json
from typing import Any

SV1 = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
FORTE = "arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1"
GARNET = "arn:aws:braket:eu-north-1::device/qpu/iqm/Garnet"

_COMMON = ["x", "y", "z", "h", "s", "si", "t", "ti", "v", "vi", "rx", "ry", "rz", "swap"]


def documents() -> dict[str, dict[str, Any]]:
    """Replies of GetDevice by ARN."""
    simulator, qpu = "simulators.gate_model_simulator", "gate_model_qpu"
    return {
        SV1: _reply(
            SV1, "SIMULATOR", f"{simulator}_device_capabilities",
            _service((0, 100_000), 0.075, "minute"),
            _actions([*_COMMON, "cnot", "cz"], "SV1"),
            {**_header(f"{simulator}_paradigm_properties"), "qubitCount": 34},
        ),
        # knows no cz
        FORTE: _reply(
            FORTE, "QPU", "ionq.ionq_device_capabilities",
            _service((100, 5000), 0.08, "shot"),
            _actions([*_COMMON, "cnot"], "Forte", (100, 200_000)),
            _paradigm(f"{qpu}_paradigm_properties", 36, ["GPI", "GPI2", "ZZ"]),
            provider=_ionq(debias=2500),
        ),
        # knows no cnot, and few of the others
        GARNET: _reply(
            GARNET, "QPU", "iqm.iqm_device_capabilities",
            _service((1, 20_000), 0.00145, "shot"),
            _actions(["x", "y", "z", "h", "rx", "ry", "rz", "cz"], "Garnet", (100, 1_000_000)),
            _paradigm(f"{qpu}_paradigm_properties", 20, ["cz", "prx"]),
        ),
    }  # fmt: skip


def _reply(
    arn: str, kind: str, schema: str, service: Any, action: Any, paradigm: Any, **more: Any
) -> dict[str, Any]:
    capabilities = {
        **_header(schema), "service": service, "action": action, "paradigm": paradigm,
        "deviceParameters": {}, **more,
    }  # fmt: skip
    return {
        "deviceArn": arn, "deviceName": arn.split("/")[-1], "providerName": arn.split("/")[-2],
        "deviceType": kind, "deviceStatus": "ONLINE",
        "deviceCapabilities": json.dumps(capabilities),
        "deviceQueueInfo": [
            {"queue": "QUANTUM_TASKS_QUEUE", "queueSize": "3", "queuePriority": "Normal"},
            {"queue": "JOBS_QUEUE", "queueSize": "0"},
        ],
    }  # fmt: skip


def _header(name: str) -> dict[str, Any]:
    return {"braketSchemaHeader": {"name": f"braket.device_schema.{name}", "version": "1"}}


def _service(shots: tuple[int, int], price: float, unit: str) -> dict[str, Any]:
    window = {
        "executionDay": "Everyday", "windowStartHour": "00:00:00", "windowEndHour": "23:59:59",
    }  # fmt: skip
    return {
        **_header("device_service_properties"),
        "executionWindows": [window],
        "shotsRange": shots,
        "deviceCost": {"price": price, "unit": unit},
        "updatedAt": "2026-05-01T08:00:00.000000",
    }


def _actions(
    gates: list[str], name: str, sets: tuple[int, int] | None = None
) -> dict[str, dict[str, Any]]:
    exact = {"name": "Expectation", "observables": ["x", "y", "z", "i"], "minShots": 0,
             "maxShots": 100_000}  # fmt: skip
    program, program_set = "braket.ir.openqasm.program", "braket.ir.openqasm.program_set"
    actions: dict[str, dict[str, Any]] = {
        program: {
            "actionType": program, "version": ["1"], "supportedOperations": gates,
            "supportedResultTypes": [exact] if name == "SV1" else [],
        }
    }  # fmt: skip
    if sets is not None:
        actions[program_set] = {
            "actionType": program_set, "version": ["1"],
            "maximumExecutables": sets[0], "maximumTotalShots": sets[1],
        }  # fmt: skip
    return actions


def _ionq(debias: int) -> dict[str, Any]:
    mitigation = {"braket.device_schema.error_mitigation.debias.Debias": {"minimumShots": debias}}
    return {
        **_header("ionq.ionq_provider_properties"), "errorMitigation": mitigation,
        "fidelity": {name: {"mean": 0.99} for name in ("1Q", "2Q", "spam")},
        "timing": {"1Q": 1e-4, "2Q": 1e-3},
    }  # fmt: skip


def _paradigm(schema: str, qubits: int, native: list[str]) -> dict[str, Any]:
    connectivity = {"fullyConnected": True, "connectivityGraph": {}}
    return {
        **_header(schema), "connectivity": connectivity, "qubitCount": qubits,
        "nativeGateSet": native,
    }  # fmt: skip
