"""Features to rotation angles."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor, nn


class ScaledAngles(nn.Module):
    """``theta_j = pi tanh(s_j x_j)`` with a trainable scale for each feature.

    Angles stay in (-pi, pi), so that an outlier cannot wind around. The form is that of the public
    re-implementation of arXiv 2512.19180.

    Args:
        n_features: Number of scales.
        start: Their initial value.
    """

    def __init__(self, n_features: int, start: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((n_features,), start))

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, features]`` to angles in radians of the same shape."""
        return pi * torch.tanh(self.scale * x)
