"""Concatenation: the plainest fusion, and the one that every other must beat."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from qfusion_core import Fusion, FusionOutput
from qfusion_fusions.options import ConcatOptions


class Concat(Fusion):
    """``MLP([c; q])`` on all tokens of both sides, flattened.

    With ``hidden: []`` the features are ``[c; q]`` themselves, so that model's linear head reads
    both side by side: the readout-side bypass of Zhang et al., arXiv 2511.20922.
    """

    name: ClassVar[str] = "concat"
    Options = ConcatOptions

    def __init__(
        self,
        options: ConcatOptions,
        *,
        classical_shape: tuple[int, int],
        quantum_shape: tuple[int, int],
    ) -> None:
        super().__init__(options, classical_shape=classical_shape, quantum_shape=quantum_shape)
        widths = [prod(classical_shape) + prod(quantum_shape), *options.hidden]
        layers: list[nn.Module] = []
        for width, following in pairwise(widths):
            layers += [nn.Linear(width, following), nn.ReLU(), nn.Dropout(options.dropout)]
        self.layers = nn.Sequential(*layers[:-1])
        self.out_dim = widths[-1]

    def forward(
        self,
        classical: Float[Tensor, "batch c_tokens c_dim"],
        quantum: Float[Tensor, "batch q_tokens q_dim"],
    ) -> FusionOutput:
        """Features ``[batch, out_dim]``; no attention."""
        return FusionOutput(self.layers(torch.cat([classical.flatten(1), quantum.flatten(1)], 1)))
