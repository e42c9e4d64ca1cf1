"""What the circuits of layers have in common: scaled angles, readout and trainable layers."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from qfusion_core import CircuitEncoder, pauli_words, token_layout
from qfusion_encoders.angles import ScaledAngles, features_of_angles
from qfusion_encoders.ansatz import closes, initial_weights, layer, rotations
from qfusion_encoders.options import AnsatzOptions


class AnsatzEncoder(CircuitEncoder):
    """Angles pi tanh(s_j x_j), then layers; a subclass says in `circuit` where each enters."""

    def __init__(self, options: AnsatzOptions, *, n_features: int, n_wires: int) -> None:
        words = pauli_words(options.readout, n_wires)
        features = features_of_angles(n_features, n_wires, options.repeat)
        super().__init__(
            options,
            n_features=n_features,
            n_wires=n_wires,
            n_data=len(features),
            weights=initial_weights(options, n_wires),
            observables=words,
            layout=token_layout(words, options.layout),
            standardise=options.standardise,
        )
        self.options = options
        self.angles = ScaledAngles(features, options.encoding_scale)

    def encode(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch n_data"]:
        """One angle in radians for each feature, or for each qubit, the same wherever it enters."""
        angles: Tensor = self.angles(x)
        return angles

    def layer(self, number: int, weights: Tensor) -> None:
        """Queue a layer, after the last one the rotations that close the circuit, if any."""
        layer(self.options, number, weights)
        if number == self.options.layers - 1 and closes(self.options):
            rotations(weights[-1])
