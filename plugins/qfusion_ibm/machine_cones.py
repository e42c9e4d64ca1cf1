"""Light cones of a compiled circuit: what a wide circuit's noisy values depend on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from qfusion_core import noisy_cones

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
    operands = [tuple(circuit.find_bit(q).index for q in gate.qubits) for gate in circuit.data]
    starts = [_letters(word) for word in words]
    used = tuple(sorted({qubit for on in (*operands, *starts) for qubit in on}))
    cones = noisy_cones(f"ibm: {name}", operands, starts, used, MOST_WHOLE)
    if cones is None:
        return [MachineCone(circuit, used, tuple(range(len(words))))]
    return [MachineCone(_part(circuit, operands, cone.qubits), *cone) for cone in cones]


def _letters(word: Any) -> set[int]:
    return {int(qubit) for qubit in (word.paulis.x | word.paulis.z).any(0).nonzero()[0]}


def _part(circuit: Any, operands: Sequence[tuple[int, ...]], qubits: Sequence[int]) -> Any:
    """The gates on these qubits alone.

    Those that a word does not reach do it no harm, and a gate that leads out of the qubits is
    reached by none of their words.
    """
    part, inside = circuit.copy_empty_like(), frozenset(qubits)
    for gate, on in zip(circuit.data, operands, strict=True):
        if inside.issuperset(on):
            part.append(gate)
    return part
