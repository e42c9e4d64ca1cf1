"""The control: tokens without a circuit."""

from __future__ import annotations

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from qfusion_core import QuantumEncoder, ZScore, pauli_words, token_layout, token_positions
from qfusion_encoders.angles import ScaledAngles, features_of_angles
from qfusion_encoders.options import ShamOptions


class Sham(QuantumEncoder):
    """``tanh(W theta + b)`` on the angles of `hardware-efficient`, one output per Pauli word.

    Token shape, layout and z-score are those of a circuit with the same options; only the circuit
    is gone. A quantum branch that does not beat it owes its score to the wiring around it.
    """

    name: ClassVar[str] = "sham"
    Options = ShamOptions

    def __init__(self, options: ShamOptions, *, n_features: int) -> None:
        super().__init__(options, n_features=n_features)
        qubits = options.qubits or n_features
        words = pauli_words(options.readout, qubits)
        layout = token_layout(words, options.layout)
        index = torch.tensor(layout)
        self.token_positions = torch.tensor(token_positions(words, layout))
        self.output_shape = (index.shape[0], index.shape[1])
        self.layout: Tensor
        self.register_buffer("layout", index, persistent=False)
        features = features_of_angles(n_features, qubits, options.repeat)
        self.angles = ScaledAngles(features, options.encoding_scale)
        self.linear = nn.Linear(len(features), len(words))
        # as in CircuitEncoder: the comparison is of circuits, not of normalisations
        self.standard = ZScore(len(words)) if options.standardise else None

    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch q_tokens q_dim"]:
        """Tokens of each sample."""
        values = torch.tanh(self.linear(self.angles(x)))
        if self.standard is not None:
            values = self.standard(values)
        return values[:, self.layout]
