"""As few qubits of a device as a circuit has: each more is four times the time of a simulation."""

from __future__ import annotations

from collections import Counter
from typing import Any


def n_used(compiled: Any) -> int:
    """How many qubits of the device a circuit takes that Qiskit's transpiler compiled for it."""
    return len(_used(compiled))


def confined(target: Any, compiled: Any, n_wires: int) -> Any:
    """The target without the couplings of qubits that a first try hardly used.

    Args:
        target: Of the whole device.
        compiled: For it.
        n_wires: Qubits that stay coupled: a connected part of those that were used.
    """
    import networkx
    from qiskit.transpiler import Target

    used = _used(compiled)
    graph = networkx.Graph(
        pair for pair in target.build_coupling_map().get_edges() if used.keys() >= set(pair)
    )
    while len(graph) > n_wires:
        needed = set(networkx.articulation_points(graph))
        graph.remove_node(
            min(graph.nodes - needed, key=lambda qubit: (used[qubit], graph.degree(qubit), qubit))
        )
    part = Target(num_qubits=target.num_qubits, qubit_properties=target.qubit_properties)
    for name in target.operation_names:
        places = {
            qubits: properties
            for qubits, properties in target[name].items()
            if len(qubits) < 2 or graph.nodes >= set(qubits)
        }
        part.add_instruction(target.operation_from_name(name), places, name=name)
    return part


def _used(compiled: Any) -> Counter[int]:
    """Two-qubit gates of each qubit that has a gate."""
    used: Counter[int] = Counter()
    for part in compiled.data:
        for qubit in part.qubits:
            used[compiled.find_bit(qubit).index] += len(part.qubits) > 1
    return used
