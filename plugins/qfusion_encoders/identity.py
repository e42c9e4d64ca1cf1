"""The features themselves: the classical side of a readout-side bypass."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from qfusion_core import ClassicalEncoder
from qfusion_encoders.options import IdentityOptions


class Identity(ClassicalEncoder):
    """One token that holds the features as they are. It has no parameters.

    With the `concat` fusion it gives the residual hybrid of Zhang et al., arXiv 2511.20922.
    """

    name: ClassVar[str] = "identity"
    Options = IdentityOptions

    def __init__(self, options: IdentityOptions, *, input_shape: tuple[int, ...]) -> None:
        super().__init__(options, input_shape=input_shape)
        self.output_shape = (1, prod(input_shape))

    def forward(self, x: Float[Tensor, "batch *input"]) -> Float[Tensor, "batch 1 features"]:
        """The input, flattened."""
        return x.flatten(1).unsqueeze(1)
