"""Where a quantum function is recorded."""

from __future__ import annotations

import torch
from torch import Tensor


def points(size: int) -> list[Tensor]:
    """Eight points, each ``[size]`` in float64: of either sign, over nine orders of magnitude.

    The same in every process.
    """
    generator = torch.Generator().manual_seed(0)

    def draw() -> Tensor:
        """Entries of either sign, away from 0; ten times one is more than a full turn."""
        uniform = torch.rand(2, size, generator=generator, dtype=torch.float64)
        return (1.3 + 1.7 * uniform[0]) * torch.where(uniform[1] < 0.5, -1.0, 1.0)

    v = draw()
    return [1e-6 * v, v, -v, 10 * v, 0.1 * draw(), 3 * draw(), 100 * draw(), 1000 * draw()]
