"""Aer with shots drawn here: its own take ten times as long as the state that they are drawn from.

Aer writes each shot as a string, which it changes bit by bit for errors of readout: four qubits
with the noise of a machine take it 1.5 ms, and 4096 shots of them 10 to 20 ms more. Shots that are
drawn in NumPy from the outcomes' probabilities have the same distribution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit  # noqa: TID253 (imported where Aer is)
from qiskit.result.models import ExperimentResultData  # noqa: TID253
from qiskit_aer import AerSimulator  # noqa: TID253 (its base class)
from typing_extensions import override

MOST_QUBITS = 12  # whose density matrix takes 268 MB


class DrawingSimulator(AerSimulator):
    """Aer, for circuits of a few qubits that are measured at their end.

    Others are left to Aer, as are those with fewer shots than outcomes, which it runs shot by shot.

    Args:
        reading: Of qubits, ``[is, read]``: the chance of what is read. The others are read as they
            are. Aer has the same of its noise model.
        options: Of Aer.
    """

    def __init__(self, *, reading: Mapping[int, NDArray[Any]], **options: Any) -> None:
        super().__init__(**options)
        self._reading = reading

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: the SDK's local mode copies its backend for each job.

        See qiskit_ibm_runtime/fake_provider/local_service.py, `_run`.
        """
        return self

    @override
    def run(self, circuits: Any, parameter_binds: Any = None, **run_options: Any) -> Any:
        """As of `AerSimulator`; what is returned has a ``result``.

        Args:
            circuits: One, or several.
            parameter_binds: Rows of angles of each.
            run_options: Of Aer.
        """
        circuits = [circuits] if isinstance(circuits, QuantumCircuit) else list(circuits)
        chosen = {**self.options, **run_options}
        shots = chosen["shots"]
        ends = [end for circuit in circuits if (end := _end(circuit)) and 2**end.width < shots]
        if len(ends) < len(circuits) or max(end.width for end in ends) > MOST_QUBITS:
            return super().run(circuits, parameter_binds, **run_options)
        run_options |= {"shots": 1, "memory": False, "method": "density_matrix"}
        whole = [end.circuit for end in ends]
        result = super().run(whole, parameter_binds, **run_options).result()
        if result.success:
            rows = [np.size(next(iter(bound.values()), 0)) for bound in parameter_binds or ()]
            of_row = np.repeat(np.arange(len(ends)), rows or 1)
            draw = np.random.default_rng(chosen["seed_simulator"])
            for found, number in zip(result.results, of_row, strict=True):
                found.data = self._drawn(found, ends[number], shots, draw, chosen["memory"])
                found.shots = shots
        return _Done(result)

    def _drawn(
        self, found: Any, end: _End, shots: int, draw: np.random.Generator, memory: bool | None
    ) -> ExperimentResultData:
        reading = [self._reading.get(qubit) for qubit in end.bits]
        times = draw.multinomial(shots, read_out(found.data.probabilities, reading))
        some = times.nonzero()[0]
        names, times = end.names(some), times[some]
        counts = dict(zip(names, times.tolist(), strict=True))
        if not memory:
            return ExperimentResultData(counts=counts)
        each = draw.permutation(np.repeat(names, times)).tolist()
        return ExperimentResultData(counts=counts, memory=each)


def read_out(chances: Any, reading: Sequence[NDArray[Any] | None]) -> NDArray[Any]:
    """Chances of what is read.

    Args:
        chances: ``[2**n]``, of what is; the first qubit is the lowest bit.
        reading: Of each qubit, ``[is, read]``; None: as it is.
    """
    table = np.asarray(chances).reshape((2,) * len(reading))
    for axis, matrix in enumerate(reversed(reading)):
        if matrix is not None:
            table = np.moveaxis(np.tensordot(table, matrix, (axis, 0)), -1, axis)
    flat = table.reshape(-1).clip(0)  # rounding leaves some a hair below
    return np.asarray(flat / flat.sum())


class _End(NamedTuple):
    """A circuit with probabilities saved where it was measured.

    Attributes:
        circuit: Of Qiskit, with the same classical bits.
        bits: Of the qubits that were measured, the classical bit of each.
        width: How many qubits there is something on.
    """

    circuit: Any
    bits: dict[int, int]
    width: int

    def names(self, outcomes: NDArray[Any]) -> list[str]:
        """As Aer writes them: the classical bits, hexadecimal."""
        numbers = np.zeros(len(outcomes), dtype=object)  # of as many bits as there are
        for place, bit in enumerate(self.bits.values()):
            numbers += ((outcomes >> place) & 1).astype(object) << bit
        return [hex(number) for number in numbers]


class _Done(NamedTuple):
    """What is wanted of a job."""

    found: Any

    def result(self) -> Any:
        """Of Qiskit."""
        return self.found


def _end(circuit: Any) -> _End | None:
    """None where a measurement is not the last on its qubit, or its bit is used again."""
    gates: list[Any] = []
    bits: dict[int, int] = {}
    used: set[int] = set()
    for gate in circuit.data:
        on = [circuit.find_bit(qubit).index for qubit in gate.qubits]
        if gate.operation.name == "barrier":
            continue
        if bits.keys() & on or (gate.clbits and gate.operation.name != "measure"):
            return None
        used.update(on)
        if gate.clbits:
            bits[on[0]] = circuit.find_bit(gate.clbits[0]).index
        else:
            gates.append(gate)
    if not bits or len(set(bits.values())) < len(bits):
        return None
    whole = circuit.copy_empty_like()
    whole.data = gates
    whole.save_probabilities(list(bits))
    return _End(whole, bits, len(used))
