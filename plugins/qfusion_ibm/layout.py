"""Which qubits of a machine a circuit gets: those with the least expected error among several.

Qiskit's search for a layout without SWAPs stops after so many tries, and on a line of a hundred
qubits it may stop at one with a coupler that does not work; at its highest level it goes on.
"""

from __future__ import annotations

import math
from typing import Any

SWAPS = "swaps"  # among the metadata of a circuit: how many the routing put in
NARROW = 12  # qubits: of so many the search comes to its end
_DEAD = 1 - 1e-9  # IBM's error of what does not work is 1, whose logarithm is none


def best_layout(circuit: Any, target: Any, *, level: int, seed: int) -> Any:
    """A circuit in a machine's own gates, on its qubits.

    Args:
        circuit: Of Qiskit, its angles open.
        target: Of the machine, with the errors of its calibration.
        level: Of the transpiler's optimisation; 0 takes qubits as they come.
        seed: Of the transpiler.

    Returns:
        With the fewest two-qubit gates, so with no SWAP where none is needed; of several such,
        the one with the least `expected_error`.
    """
    from qiskit.transpiler import generate_preset_pass_manager

    def compiled(at: int, start: list[int] | None) -> Any:
        passes = generate_preset_pass_manager(
            at, target=target, seed_transpiler=seed, initial_layout=start
        )
        routed: list[int] = []

        def look(**state: Any) -> None:
            if any(word in type(state["pass_"]).__name__ for word in ("Sabre", "Swap")):
                routed.append(state["dag"].count_ops().get("swap", 0))

        isa = passes.run(circuit, callback=look)
        own = circuit.count_ops().get("swap", 0)
        isa.metadata = {**(isa.metadata or {}), SWAPS: max(0, max(routed, default=0) - own)}
        return isa

    own = compiled(level, None)
    narrow = circuit.num_qubits <= NARROW
    if narrow or level not in (1, 2) or not expected_error(own, target):
        return own
    searched = compiled(3, None).layout.initial_index_layout(filter_ancillas=True)
    return min(own, compiled(level, searched), key=lambda isa: _rank(isa, target))


def expected_error(circuit: Any, target: Any) -> float:
    """Sum of ``-log(1 - error)`` over gates and readouts: of a small one, the chance of any error.

    Args:
        circuit: In a machine's own gates, on its qubits.
        target: Of the machine; where it tells no error there is none.
    """
    places = [
        (gate.operation.name, tuple(circuit.find_bit(qubit).index for qubit in gate.qubits))
        for gate in circuit.data
    ]
    read = {("measure", (qubit,)) for _, on in places for qubit in on}
    total = 0.0
    for name, on in [*places, *read]:
        known = target[name].get(on) if name in target.operation_names else None
        if known is not None and known.error:
            total -= math.log1p(-min(known.error, _DEAD))
    return total


def _rank(circuit: Any, target: Any) -> tuple[int, float]:
    return circuit.num_nonlocal_gates(), expected_error(circuit, target)
