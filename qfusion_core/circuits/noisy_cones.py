"""Light cones of a circuit whose gates have noise: what a simulator of a wide machine runs.

A channel on qubits that neither a word nor a later gate of its cone touches changes nothing: going
backward, trace preserving maps leave the identity as it is. This holds for noise of gates and of
readout; crosstalk has no cone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from qfusion_core.circuits.reach import bits, by_largest, reach_of_channels
from qfusion_core.errors import InputError

WIDEST = 10  # qubits: the density matrix of a cone takes half a second for each row


class NoisyCone(NamedTuple):
    """What some words depend on.

    Attributes:
        qubits: Ascending.
        words: Which words these are, by position.
    """

    qubits: tuple[int, ...]
    words: tuple[int, ...]


def noisy_cones(
    machine: str,
    operands: Sequence[Iterable[int]],
    starts: Sequence[Iterable[int]],
    used: Collection[int],
    most_whole: int,
) -> list[NoisyCone] | None:
    """Cut a compiled circuit into the cones of its words, or say that it is run whole.

    Args:
        machine: What errors call it.
        operands: Qubits of each gate or channel, in the order in which they act.
        starts: Qubits of each word's letters. One without letters needs no qubit, a program some.
        used: All qubits of gates and words.
        most_whole: Qubits of the largest circuit that can be run as a whole.

    Returns:
        Words whose cones lie within a larger one are in that. None where the circuit is small, or
        its cones are too wide and it can be run whole.

    Raises:
        InputError: Cones and whole are too wide.
    """
    if len(used) <= WIDEST:
        return None
    first = min(used)
    whole = reach_of_channels(operands, [set(start) or {first} for start in starts])
    widest = max((wires.bit_count() for wires in whole.wires), default=0)
    if widest > WIDEST and len(used) <= most_whole:
        return None
    if widest > WIDEST:
        raise InputError(
            f"{machine}: {len(used)} qubits are simulated with noise one light cone at a time, of "
            f"at most {WIDEST} qubits, and the widest here takes {widest}; use entangler: brick "
            "with fewer layers, or fewer qubits"
        )
    return [
        NoisyCone(tuple(bits(wires)), tuple(members))
        for wires, members in by_largest(whole.wires).items()
    ]
