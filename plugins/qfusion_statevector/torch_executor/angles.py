"""Data and weights to the angles of all words, and gradients of the angles back to both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from qfusion_statevector.compiler.schedule import Affine


class Angles:
    """Affine functions of data and weights: some differ by sample, the others are shared."""

    def __init__(
        self,
        sampled: Sequence[Affine],
        shared: Sequence[Affine],
        width: int,
        n_data: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        """Build the tables.

        Args:
            sampled: Angles that may depend on the data.
            shared: Angles that do not.
            width: Coefficients of an angle: of the data, of the weights, and the offset.
            n_data: How many are of the data.
            dtype: Of the angles: real.
            device: Where they are computed.
        """
        table = torch.from_numpy(np.array([*sampled, *shared]).reshape(-1, width))
        table = table.to(device, dtype)
        self._count = len(sampled)
        self._data = table[: self._count, :n_data].contiguous()
        self._weights, self._offset = table[:, n_data:-1].contiguous(), table[:, -1].contiguous()

    def forward(self, data: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Sampled angles ``[words, batch]`` and shared angles ``[words]``, in radians."""
        base = torch.addmv(self._offset, self._weights, weights)
        sampled = torch.addmm(base[: self._count, None], self._data, data.T)
        return sampled, base[self._count :]

    def backward(
        self, sampled: Tensor, shared: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""
        gradient = sampled.T @ self._data if of_data else None
        if not of_weights:
            return gradient, None
        return gradient, self._weights.T @ torch.cat([sampled.sum(1), shared])
