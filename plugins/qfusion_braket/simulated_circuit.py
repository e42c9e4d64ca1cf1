"""A template that is ready for one of the SDK's simulators, and what it reads there."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qfusion_braket.machine import Machine
from qfusion_braket.parsed_program import ParsedProgram
from qfusion_core import Circuit, NoiseParameters

Probabilities = NDArray[np.float64]  # [2**wires], wire 0 the most significant bit


@dataclass(frozen=True)
class SimulatedCircuit:
    """A template on a simulator of `braket.default_simulator`.

    Attributes:
        simulator: Makes a state.
        qubits: That are simulated.
        wires: The simulated qubit in which each wire of the template ends.
        body: The template.
        turn: What turns a measurement setting to Z, and the errors of the readout.
        facts: For `qfusion estimate`.
    """

    simulator: Any
    qubits: int
    wires: tuple[int, ...]
    body: ParsedProgram
    turn: Callable[[str], ParsedProgram]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def read(
        self, angles: NDArray[np.float64], bases: Sequence[str]
    ) -> Iterator[list[Probabilities]]:
        """Of each row, what each measurement setting reads: the state is evolved once.

        Args:
            angles: ``[rows, n_angles]`` in radians.
            bases: A letter for each wire; what is I is read as Z.
        """
        turns = [self.turn(basis) for basis in bases]
        for row in angles.tolist():
            state = self.simulator.initialize_simulation(
                qubit_count=self.qubits, shots=0, batch_size=1
            )
            state.evolve(self.body.bind(row))
            yield [self._read(copy.deepcopy(state), turn.bind(row)) for turn in turns]

    def _read(self, state: Any, turn: Sequence[Any]) -> Probabilities:
        state.evolve(turn)
        shares: Probabilities = np.asarray(state.probabilities).reshape([2] * self.qubits)
        others = tuple(q for q in range(self.qubits) if q not in self.wires)
        in_order = sorted(self.wires)
        shares = shares.sum(others).transpose([in_order.index(q) for q in self.wires]).reshape(-1)
        normalised: Probabilities = shares / shares.sum()
        return normalised


class SimulatedCone(NamedTuple):
    """What some words of a template depend on, ready to run.

    Attributes:
        circuit: As narrow as the cone.
        wires: Of the template, in the order of the circuit's.
        words: Which of the observables it has.
    """

    circuit: SimulatedCircuit
    wires: tuple[int, ...]
    words: tuple[int, ...]

    def own(self, observables: Sequence[str]) -> list[str]:
        """Its words, a letter for each of its wires."""
        return ["".join(observables[word][wire] for wire in self.wires) for word in self.words]


class Simulator(ABC):
    """A device that is simulated in this process."""

    @abstractmethod
    def machine(self) -> Machine:
        """What is known about it, asked once."""

    @abstractmethod
    def prepare(self, circuit: Circuit) -> SimulatedCircuit:
        """A template, ready to run."""

    def prepare_cones(self, circuit: Circuit, observables: Sequence[str]) -> list[SimulatedCone]:
        """A template in parts that each can be run: the whole, where nothing else is said."""
        wires, words = range(circuit.n_wires), range(len(observables))
        return [SimulatedCone(self.prepare(circuit), tuple(wires), tuple(words))]

    def noise(self) -> NoiseParameters | None:
        """Mean over the qubits; None where there is none."""
        return None


def parities(shares: Probabilities, words: Sequence[str]) -> list[float]:
    """Values of Pauli words from the shares of bit strings, read in the setting of the words.

    Args:
        shares: Probabilities or relative frequencies.
        words: Pauli words, wire 0 first.
    """
    n_wires = len(words[0])
    table = shares.reshape([2] * n_wires)
    for wire in range(n_wires):  # fast Walsh-Hadamard transform: the parities of all subsets
        zero, one = np.take(table, 0, wire), np.take(table, 1, wire)
        table = np.stack([zero + one, zero - one], axis=wire)
    return [float(table[tuple(int(letter != "I") for letter in word)]) for word in words]
