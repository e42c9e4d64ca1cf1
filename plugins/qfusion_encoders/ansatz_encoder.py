"""What the circuits of layers have in common: scaled angles, readout and trainable layers."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from qfusion_core import CircuitEncoder, pauli_words, token_layout
from qfusion_encoders.angles import ScaledAngles
from qfusion_encoders.ansatz import initial_weights
from qfusion_encoders.options import AnsatzOptions


class AnsatzEncoder(CircuitEncoder):
    """Angles pi tanh(s_j x_j), then layers; a subclass says in `circuit` where each enters."""

    def __init__(self, options: AnsatzOptions, *, n_features: int, n_wires: int) -> None:
        words = pauli_words(options.readout, n_wires)
        super().__init__(
            options,
            n_features=n_features,
            n_wires=n_wires,
            weights=initial_weights(
                options.layers, n_wires, options.entangler, options.weights_init
            ),
            observables=words,
            layout=token_layout(words, options.layout),
            standardise=options.standardise,
        )
        self.entangler = options.entangler
        self.angles = ScaledAngles(n_features, options.encoding_scale)

    def encode(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch features"]:
        """One angle in radians for each feature, the same wherever it enters."""
        angles: Tensor = self.angles(x)
        return angles
