"""What is timed: one circuit, readout, batch and precision."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qfusion_core import Circuit, Readout, pauli_words
from timing.circuits import circuit_of


class Inputs(NamedTuple):
    """Arrays that every peer is given.

    Attributes:
        data: ``[batch, n_data]``.
        weights: ``[n_weights]``.
        cotangent: ``[batch, n_observables]``; the loss is ``sum(values * cotangent)``.
    """

    data: NDArray[np.floating]
    weights: NDArray[np.floating]
    cotangent: NDArray[np.floating]


@dataclass(frozen=True)
class Case:
    """One line of the benchmark."""

    circuit: str = "ring"
    qubits: int = 9
    layers: int = 3
    readout: Readout = "xyz"
    batch: int = 32
    dtype: str = "float32"

    @property
    def title(self) -> str:
        """For people."""
        return (
            f"{self.circuit}, {self.qubits} qubits, {self.layers} layers, {self.readout}, "
            f"batch {self.batch}, {self.dtype}"
        )

    @cached_property
    def traced(self) -> Circuit:
        """The circuit as data."""
        return circuit_of(self.circuit, self.qubits, self.layers)

    @property
    def observables(self) -> tuple[str, ...]:
        """Pauli words that are read out."""
        return pauli_words(self.readout, self.qubits)

    def inputs(self) -> Inputs:
        """The same for every run: angles in [-pi, pi], a normal cotangent."""
        draw = np.random.default_rng(0)
        shape = (self.batch, len(self.observables))
        arrays = (
            draw.uniform(-np.pi, np.pi, (self.batch, self.traced.n_data)),
            draw.uniform(-np.pi, np.pi, self.traced.n_weights),
            draw.standard_normal(shape),
        )
        return Inputs(*(array.astype(self.dtype) for array in arrays))


# "What it must show" of the device: one core, float32, three layers
DEFAULT_CASES = (
    Case(),
    Case(batch=256),
    Case(readout="z+zz-all"),
    Case(readout="z+zz-all", batch=256),
    Case(qubits=12),
    Case("strong"),
    Case("strong", batch=256),
    Case("random"),
)
