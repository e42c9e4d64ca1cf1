"""IQM's Garnet as a document of saved properties, for Braket's emulator.

Errors of qubits and couplings are those of `IQMFakeGarnet` in iqm-client 36.0.0, IQM's own snapshot
of the machine: parameters p of depolarizing channels, whose average gate fidelity is 1 - p/2 of one
qubit and 1 - 3p/4 of two, and both probabilities of reading a qubit wrongly. The document has what
the emulator reads; the rest of a device's own document (prices, windows) is left empty.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# of qubits 1 to 20: depolarizing parameters in 1e-5, wrong readings of 0 and of 1 in 1e-4
PRX = (85, 183, 165, 111, 114, 384, 265, 84, 122, 113, 274, 76, 89, 74, 278, 67, 85, 61, 69, 88)
READ_0 = (
    255, 245, 285, 245, 250, 265, 255, 290, 260, 220,
    280, 255, 265, 240, 230, 220, 240, 245, 250, 280,
)  # fmt: skip
READ_1 = (
    260, 240, 245, 240, 255, 275, 260, 250, 245, 245,
    245, 250, 255, 245, 245, 255, 240, 260, 255, 285,
)  # fmt: skip
CZ = {
    (1, 2): 578, (1, 4): 804, (2, 5): 749, (3, 4): 809, (3, 8): 599, (4, 5): 431, (4, 9): 650,
    (5, 6): 474, (5, 10): 339, (6, 7): 527, (6, 11): 1401, (7, 12): 294, (8, 9): 399, (8, 13): 485,
    (9, 10): 638, (9, 14): 548, (10, 11): 682, (10, 15): 961, (11, 12): 899, (11, 16): 712,
    (12, 17): 407, (13, 14): 251, (14, 15): 506, (14, 18): 420, (15, 16): 771, (15, 19): 711,
    (16, 17): 643, (16, 20): 562, (18, 19): 507, (19, 20): 578,
}  # fmt: skip
T1 = (
    37741,
    32584,
    24468,
    11555,
    34257,
    40051,
    35708,
    25686,
    34113,
    37391,
    25809,
    60725,
    44802,
    48137,
    39052,
    43968,
    36670,
    38151,
    50012,
    54911,
)  # ns; fmt: skip
T2 = (
    9180,
    10040,
    10950,
    9670,
    8960,
    10130,
    8590,
    9050,
    9380,
    9820,
    9460,
    9940,
    10070,
    9030,
    9590,
    9710,
    10180,
    9250,
    8270,
    11930,
)  # ns; fmt: skip


def save_garnet(file: Path) -> None:
    """Write the document."""
    file.write_text(json.dumps(garnet()) + "\n")


def garnet() -> dict[str, Any]:
    """The document."""
    graph: dict[str, list[str]] = {str(qubit): [] for qubit in range(1, 21)}
    for one, other in CZ:
        graph[str(one)].append(str(other))
        graph[str(other)].append(str(one))
    return {
        "braketSchemaHeader": _header("iqm.iqm_device_capabilities"),
        "service": {
            "braketSchemaHeader": _header("device_service_properties"),
            "executionWindows": [],
            "shotsRange": [1, 20000],
            "deviceDocumentation": {},
        },
        "action": {
            "braket.ir.openqasm.program": {
                "actionType": "braket.ir.openqasm.program",
                "version": ["1"],
                "supportedOperations": ["rx", "ry", "rz", "cz"],
                "supportedResultTypes": [
                    {"name": name, "observables": None, "minShots": 1, "maxShots": 20000}
                    for name in ("Sample", "Expectation", "Probability")
                ],
            }
        },
        "paradigm": {
            "braketSchemaHeader": _header("gate_model_qpu_paradigm_properties"),
            "qubitCount": 20,
            "nativeGateSet": ["prx", "cz"],
            "connectivity": {"fullyConnected": False, "connectivityGraph": graph},
        },
        "deviceParameters": {},
        "standardized": {
            "braketSchemaHeader": _header("standardized_gate_model_qpu_device_properties"),
            "oneQubitProperties": {str(qubit): _one_qubit(qubit - 1) for qubit in range(1, 21)},
            "twoQubitProperties": {
                f"{one}-{other}": {
                    "twoQubitGateFidelity": [
                        {**_fidelity("INTERLEAVED_RANDOMIZED_BENCHMARKING", 1 - 0.75e-5 * error),
                         "gateName": "CZ"}
                    ]
                }
                for (one, other), error in CZ.items()
            },
        },
    }  # fmt: skip


def _one_qubit(place: int) -> dict[str, Any]:
    wrong = 0.5e-4 * (READ_0[place] + READ_1[place])
    return {
        "T1": {"value": T1[place] * 1e-9, "standardError": None, "unit": "S"},
        "T2": {"value": T2[place] * 1e-9, "standardError": None, "unit": "S"},
        "oneQubitFidelity": [
            _fidelity("RANDOMIZED_BENCHMARKING", 1 - 0.5e-5 * PRX[place]),
            _fidelity("READOUT", 1 - wrong),
        ],
    }


def _fidelity(name: str, value: float) -> dict[str, Any]:
    return {"fidelityType": {"name": name}, "fidelity": value, "standardError": None}


def _header(name: str) -> dict[str, str]:
    return {"name": f"braket.device_schema.{name}", "version": "1"}
