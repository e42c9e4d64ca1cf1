"""Shots of a snapshot of IBM's, drawn from its exact probabilities: many jobs in seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qfusion_core import open_backend
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.surrogate.grid import Grid
from qfusion_core.surrogate.kernel import Kernel


class Snapshot:
    """Outcome probabilities of a circuit on a snapshot, without shots.

    Args:
        backend: An entry of ``backends.yaml`` of the type ``ibm`` that runs here.
        encoder: With the circuit; its words have letters I and Z only.
    """

    def __init__(self, backend: str, encoder: CircuitEncoder) -> None:
        from qfusion_ibm.noisy_aer import NoisyAer

        self.encoder, device = encoder, open_backend(backend)
        machine = device.site.machine(None, encoder.n_wires)  # type: ignore[attr-defined]
        template = device.site.template(encoder.traced, machine)  # type: ignore[attr-defined]
        n_wires = encoder.n_wires
        singles = ["I" * wire + "Z" + "I" * (n_wires - 1 - wire) for wire in range(n_wires)]
        self._template, self._singles, self._machine = template, singles, machine
        self._simulators = NoisyAer(machine.backend)
        _, words, *_ = template.pub(torch.zeros(1, encoder.traced.n_angles), singles)
        physical = [int(word[0].paulis.z[0].nonzero()[0][0]) for word in words]
        properties = machine.backend.properties()
        self._misread = [
            np.array([[1 - p01, p10], [p01, 1 - p10]])
            for p01, p10 in (
                [properties.qubit_property(q, f"prob_meas{a}_prep{b}")[0] for a, b in ("10", "01")]
                for q in physical
            )
        ]

    def probabilities(self, data: Tensor) -> Tensor:
        """``[rows, 2^n]``: wire 0 is the most significant bit."""
        encoder, n = self.encoder, self.encoder.n_wires
        angles = encoder.traced.angles(data, encoder.weights.detach().flatten().double())
        circuit, words, values = self._template.pub(angles, self._singles)
        simulator, small, words = self._simulators.cut(circuit, [word for (word,) in words])
        wires = [int(word.paulis.z[0].nonzero()[0][0]) for word in words]
        small.save_probabilities(wires[::-1])  # Qiskit's first is the least significant
        parameters = list(small.parameters)
        found = []
        for part in np.array_split(np.asarray(values), max(1, len(values) // 500)):
            bound = [
                small.assign_parameters(dict(zip(parameters, row, strict=True))) for row in part
            ]
            ran = simulator.run(bound, shots=1, method="density_matrix").result()
            found += [ran.data(number)["probabilities"] for number in range(len(bound))]
        table = np.array(found).reshape(-1, *[2] * n)
        for wire, misread in enumerate(self._misread):
            table = np.moveaxis(np.tensordot(misread, table, axes=(1, wire + 1)), 0, wire + 1)
        return torch.from_numpy(np.ascontiguousarray(table.reshape(len(found), -1)))


@dataclass
class Machine:
    """What draws shots: probabilities as polynomials of the data, from a grid of a snapshot.

    Attributes:
        encoder: With the circuit.
        kernel: Of the grid.
        coefficients: Of all outcomes.
        random: Of the shots.
    """

    encoder: CircuitEncoder
    kernel: Kernel
    coefficients: Tensor
    random: np.random.Generator

    @classmethod
    def of(cls, snapshot: Snapshot, random: np.random.Generator) -> Machine:
        """Of the exact probabilities on a grid."""
        encoder = snapshot.encoder
        kernel = Kernel(Grid.of(encoder.traced, encoder.observables, 10**6))
        (cone,) = [cone for cone in kernel.cones if len(cone.entries) == encoder.n_data]
        table = kernel.coefficients(cone, snapshot.probabilities(kernel.grid.data))
        return cls(encoder, kernel, table.reshape(-1, 2**encoder.n_wires), random)

    def probabilities(self, data: Tensor, kept: Tensor | None = None) -> Tensor:
        """``[rows, 2^n]``; ``kept [rows, n_data]`` of each qubit after its data rotation."""
        phi = self.kernel.phi(data)
        if kept is not None:
            phi = torch.cat([phi[..., :1], phi[..., 1:] * kept.unsqueeze(-1)], dim=-1)
        product = data.new_ones(len(data), 1)
        order = sorted(range(data.shape[1]), key=lambda e: self.kernel.grid.colours[e] or 0)
        for entry in order:
            product = (product.unsqueeze(-1) * phi[:, entry].unsqueeze(-2)).flatten(-2)
        return product @ self.coefficients

    def measure(self, shares: Tensor, shots: int) -> Tensor:
        """Values ``[rows, n_words]`` of so many shots."""
        clean = shares.clamp_min(0).numpy()
        counts = self.random.multinomial(shots, clean / clean.sum(1, keepdims=True))
        return words_of(self.encoder, torch.from_numpy(counts / shots))


def words_of(encoder: CircuitEncoder, shares: Tensor) -> Tensor:
    """Values of words of I and Z from shares of outcomes."""
    outcomes, n = np.arange(2**encoder.n_wires), encoder.n_wires
    signs = [
        np.prod([1 - 2 * (outcomes >> (n - 1 - w) & 1) for w, c in enumerate(word) if c != "I"], 0)
        for word in encoder.observables
    ]
    return shares.double() @ torch.from_numpy(np.stack(signs, 1)).double()
