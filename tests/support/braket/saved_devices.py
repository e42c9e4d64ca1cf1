"""Documents as `qfusion backends save` stores them: the vendors' schemas, INVENTED values.

Qubit counts are small, labels have gaps as on real devices, fidelities are those that a test asks
for: nothing here says how good any real machine is.
"""

import json

DATE = "2026-01-02T03:04:05.000006"  # invented, too
QUANTUM = "braket.device_schema"
# labels 1, 2, 3, 5 and 6: a square with a tail
EDGES = ((1, 2), (2, 5), (5, 3), (1, 3), (5, 6))


def _header(name, version="1"):
    return {"name": f"{QUANTUM}.{name}", "version": version}


def _service():
    return {
        "braketSchemaHeader": _header("device_service_properties"),
        "executionWindows": [
            {"executionDay": "Everyday", "windowStartHour": "00:00", "windowEndHour": "23:59:59"}
        ],
        "shotsRange": [1, 20000],
        "deviceCost": {"price": 0.01, "unit": "shot"},
        "deviceDocumentation": {},
        "deviceLocation": "nowhere",
        "updatedAt": DATE,
    }


def _action(operations):
    return {
        "braket.ir.openqasm.program": {
            "actionType": "braket.ir.openqasm.program",
            "version": ["1"],
            "supportedOperations": operations,
            "supportedResultTypes": [
                {"name": name, "observables": None, "minShots": 1, "maxShots": 20000}
                for name in ("Sample", "Expectation", "Probability")
            ],
        }
    }


def _document(vendor, native, qubits, edges, version="1"):
    """What all have in common; no edges: each qubit with each."""
    graph = {str(q): [] for q in qubits} if edges else {}
    for one, other in edges:
        graph[str(one)].append(str(other))
        graph[str(other)].append(str(one))
    return {
        "braketSchemaHeader": _header(f"{vendor}.{vendor}_device_capabilities", version),
        "service": _service(),
        "action": _action(["h", "rx", "ry", "rz", "cnot", "cz"]),
        "paradigm": {
            "braketSchemaHeader": _header("gate_model_qpu_paradigm_properties"),
            "qubitCount": len(qubits),
            "nativeGateSet": native,
            "connectivity": {"fullyConnected": not edges, "connectivityGraph": graph},
        },
        "deviceParameters": {},
    }


def _standardized(gate, qubits, edges, one, two, readout):
    def fidelity(name, value):
        return {"fidelityType": {"name": name}, "fidelity": value, "standardError": None}

    seconds = {"value": 5e-5, "standardError": None, "unit": "S"}
    return {
        "braketSchemaHeader": _header("standardized_gate_model_qpu_device_properties"),
        "oneQubitProperties": {
            str(qubit): {
                "T1": seconds,
                "T2": seconds,
                "oneQubitFidelity": [
                    fidelity("RANDOMIZED_BENCHMARKING", one),
                    fidelity("READOUT", readout),
                ],
            }
            for qubit in qubits
        },
        "twoQubitProperties": {
            f"{a}-{b}": {
                "twoQubitGateFidelity": [
                    {**fidelity("INTERLEAVED_RANDOMIZED_BENCHMARKING", two), "gateName": gate}
                ]
            }
            for a, b in edges
        },
    }


def ionq(one=0.9998, two=0.996, readout=0.994, *, qubits=6, native=("GPI", "GPI2", "ZZ")):
    """Like IonQ's: every qubit with every other; fidelities are means over the device."""
    document = _document("ionq", list(native), range(qubits), ())
    document["provider"] = {
        "braketSchemaHeader": _header("ionq.ionq_provider_properties"),
        "fidelity": {"1Q": {"mean": one}, "2Q": {"mean": two}, "spam": {"mean": readout}},
        "timing": {"T1": 100.0, "T2": 1.0, "1Q": 1e-4, "2Q": 1e-3, "readout": 1e-4, "reset": 1e-5},
    }
    return document


def iqm(one=0.999, two=0.993, readout=0.98, *, edges=EDGES):
    """Like IQM's: PRX and CZ on a grid, labels from 1."""
    qubits = sorted({qubit for edge in edges for qubit in edge})
    document = _document("iqm", ["prx", "cz"], qubits, edges)
    document["standardized"] = _standardized("CZ", qubits, edges, one, two, readout)
    return document


def rigetti(one=0.998, two=0.98, readout=0.95, *, edges=EDGES, gate="iswap"):
    """Like Rigetti's: RX by quarter turns, RZ, and one two-qubit gate on a grid."""
    qubits = sorted({qubit for edge in edges for qubit in edge})
    document = _document("rigetti", ["rx", "rz", gate], qubits, edges, version="2")
    document["standardized"] = _standardized(gate.upper(), qubits, edges, one, two, readout)
    return document


def save(document, path):
    """To a file; its name."""
    path.write_text(json.dumps(document))
    return str(path)
