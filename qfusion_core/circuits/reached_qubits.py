"""Which qubits a word depends on where every gate has noise, so that no gate commutes away.

A channel on qubits that neither the word nor a later gate of its cone touches changes nothing:
going backward, trace preserving maps leave the identity as it is. This holds for noise of gates
and of readout; crosstalk has no cone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def reached_qubits(operands: Sequence[Iterable[int]], start: Iterable[int]) -> frozenset[int]:
    """Qubits of the light cone of a word.

    Args:
        operands: Qubits of each gate or channel, in the order in which they act.
        start: Qubits of the word's letters.

    >>> sorted(reached_qubits([(0, 1), (1, 2), (3, 4)], [2]))
    [0, 1, 2]
    """
    qubits = set(start)
    for on in reversed(operands):
        if not qubits.isdisjoint(on):
            qubits.update(on)
    return frozenset(qubits)


def largest_cones(cones: Sequence[frozenset[int]]) -> dict[frozenset[int], tuple[int, ...]]:
    """The cones that lie in no other one, and which of all lie in each, by position.

    Each position stands once.

    >>> largest_cones([frozenset({0}), frozenset({0, 1}), frozenset({2})])
    {frozenset({0, 1}): (0, 1), frozenset({2}): (2,)}
    """
    largest: list[frozenset[int]] = []
    for qubits in sorted(set(cones), key=len, reverse=True):
        if not any(qubits <= other for other in largest):
            largest.append(qubits)
    members: dict[frozenset[int], list[int]] = {qubits: [] for qubits in largest}
    for position, qubits in enumerate(cones):
        members[next(other for other in largest if qubits <= other)].append(position)
    return {qubits: tuple(positions) for qubits, positions in members.items()}
