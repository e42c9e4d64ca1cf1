"""The features themselves: the classical side of a readout-side bypass."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

import qfusion_core
from qfusion_core import ClassicalEncoder


class Identity(ClassicalEncoder):
    """One token that holds the features as they are. It has no parameters.

    With the `concat` fusion it gives the residual hybrid of Zhang et al., arXiv 2511.20922.
    """

    name: ClassVar[str] = "identity"

    class Options(qfusion_core.Options):
        """`identity` has no options."""

    def __init__(self, options: Options, *, input_shape: tuple[int, ...]) -> None:
        super().__init__(options, input_shape=input_shape)
        self.output_shape = (1, prod(input_shape))

    def forward(self, x: Float[Tensor, "batch *input"]) -> Float[Tensor, "batch 1 features"]:
        """The input, flattened."""
        return x.flatten(1).unsqueeze(1)
