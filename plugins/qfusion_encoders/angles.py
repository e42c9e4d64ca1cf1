"""Features to rotation angles."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor, nn

from qfusion_encoders.options import Repeat


class ScaledAngles(nn.Module):
    """``theta_j = pi tanh(s_j x_f(j))`` with a trainable scale for each angle.

    Angles stay in (-pi, pi), so that an outlier cannot wind around. The form is that of the public
    re-implementation of arXiv 2512.19180.

    Args:
        features: f(j): the feature of each angle.
        start: Initial value of the scales.
    """

    def __init__(self, features: list[int], start: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((len(features),), start))
        self.features: Tensor
        self.register_buffer("features", torch.tensor(features), persistent=False)
        self._as_they_are = features == list(range(len(features)))

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, features]`` to angles in radians, ``[batch, angles]``."""
        if not self._as_they_are:
            x = x[:, self.features]
        return pi * torch.tanh(self.scale * x)


def features_of_angles(n_features: int, qubits: int, repeat: Repeat) -> list[int]:
    """The feature of each angle: once each, or again on the qubits that are left.

    >>> features_of_angles(3, 7, "cycle"), features_of_angles(3, 7, "stretch")
    ([0, 1, 2, 0, 1, 2, 0], [0, 0, 0, 1, 1, 2, 2])
    """
    if repeat == "none" or n_features >= qubits:
        return list(range(n_features))
    if repeat == "cycle":
        return [qubit % n_features for qubit in range(qubits)]
    return [qubit * n_features // qubits for qubit in range(qubits)]
