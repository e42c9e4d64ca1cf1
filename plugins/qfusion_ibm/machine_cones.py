"""Light cones of a compiled circuit: what a wide circuit's noisy values depend on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from qfusion_core import InputError, largest_cones, reached_qubits

MOST_QUBITS = 10  # of a cone: the density matrix of one takes half a second for each row
MOST_WHOLE = 26  # of a circuit that is run shot by shot: its state takes a gigabyte


class MachineCone(NamedTuple):
    """A part of a compiled circuit.

    Attributes:
        circuit: On all qubits of the machine, with the gates of the cone alone.
        qubits: That it uses, ascending.
        words: Which of the whole's words it has.
    """

    circuit: Any
    qubits: tuple[int, ...]
    words: tuple[int, ...]

    def pub(self, whole: tuple[Any, ...]) -> tuple[Any, ...]:
        """Circuit, observables and rows of angles of the cone, out of those of the whole."""
        circuit, words, *angles = whole
        own = [words[number] for number in self.words]
        columns = [list(circuit.parameters).index(angle) for angle in self.circuit.parameters]
        return (self.circuit, own, *(rows[:, columns] for rows in angles if columns))


def used_qubits(circuit: Any, words: Sequence[Any]) -> tuple[int, ...]:
    """Qubits that gates or words are on, ascending.

    Args:
        circuit: Of Qiskit.
        words: `SparsePauliOp`, on its qubits.
    """
    used = {circuit.find_bit(qubit).index for gate in circuit.data for qubit in gate.qubits}
    return tuple(sorted(used.union(*map(_letters, words))))


def machine_cones(circuit: Any, words: Sequence[Any], name: str) -> list[MachineCone]:
    """One cone for each word, those within another one together with it; or the whole.

    Args:
        circuit: Of Qiskit, on the machine's qubits.
        words: `SparsePauliOp` of one word each, likewise.
        name: Of the machine, for the error.

    Returns:
        The whole where it is small, or where cones would be as large as that.

    Raises:
        InputError: Both are too wide to be simulated with noise.
    """
    used = used_qubits(circuit, words)
    whole = [MachineCone(circuit, used, tuple(range(len(words))))]
    if len(used) <= MOST_QUBITS:
        return whole
    operands = [tuple(circuit.find_bit(q).index for q in gate.qubits) for gate in circuit.data]
    # a word without letters needs no qubit, a program some
    reached = [reached_qubits(operands, _letters(word) or {used[0]}) for word in words]
    widest = max(map(len, reached), default=0)
    if widest > MOST_QUBITS and len(used) <= MOST_WHOLE:
        return whole
    if widest > MOST_QUBITS:
        raise InputError(
            f"ibm: {name}: {len(used)} qubits are simulated with noise one light cone at a time, "
            f"of at most {MOST_QUBITS} qubits, and the widest here takes {widest}; use entangler: "
            "brick with fewer layers, or fewer qubits"
        )
    return [
        MachineCone(_part(circuit, operands, qubits), tuple(sorted(qubits)), numbers)
        for qubits, numbers in largest_cones(reached).items()
    ]


def _letters(word: Any) -> set[int]:
    return {int(qubit) for qubit in (word.paulis.x | word.paulis.z).any(0).nonzero()[0]}


def _part(circuit: Any, operands: Sequence[tuple[int, ...]], qubits: frozenset[int]) -> Any:
    """The gates on these qubits alone.

    Those that a word does not reach do it no harm, and a gate that leads out of the qubits is
    reached by none of their words.
    """
    part = circuit.copy_empty_like()
    for gate, on in zip(circuit.data, operands, strict=True):
        if qubits.issuperset(on):
            part.append(gate)
    return part
