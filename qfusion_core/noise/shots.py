"""The noise of a finite number of shots, as a normal distribution."""

from __future__ import annotations

import torch
from torch import Tensor


def shot_noise(values: Tensor, shots: int, generator: torch.Generator | None = None) -> Tensor:
    """Normal noise with the variance of a mean of so many +1 and -1, ``(1 - value^2) / shots``.

    Words that a machine reads from the same shots are correlated there; here they are not.

    Args:
        values: Expectation values of any shape, without a gradient.
        shots: Measurements behind each.
        generator: The stream of draws, on the CPU; None: torch's own.

    Returns:
        What is to be added to the values, in their shape.
    """
    noise = torch.randn(values.shape, dtype=values.dtype, generator=generator, device="cpu")
    return noise.to(values.device) * ((1 - values.square()).clamp(min=0) / shots).sqrt()
