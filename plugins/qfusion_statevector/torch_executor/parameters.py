"""What data and weights are turned into before the passes run, and gradients on the way back."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Parameters(NamedTuple):
    """What data and weights have been turned into.

    Attributes:
        unitaries: Of windows, that all samples share, real, ``[windows, d, d]``.
        phases: Of the shared phase passes, in radians, ``[2^n, passes]``.
        factors: ``exp(-i/2 angle)`` of the words that have one for each sample, and its conjugate,
            ``[words, 2, batch]``.
    """

    unitaries: Tensor
    phases: Tensor
    factors: Tensor


class Gradients(NamedTuple):
    """What is collected on the way back: of `Parameters`, for the factors of their angles.

    Attributes:
        unitaries: ``[windows, d, d]``.
        phases: ``[2^n, passes]``.
        sampled: Of the angles, ``[words, batch]``.
    """

    unitaries: Tensor
    phases: Tensor
    sampled: Tensor


class PassParameters(NamedTuple):
    """What data and weights have been turned into, beside the angles that torch goes back to.

    Attributes:
        growth: Angles of the growing rotations, ``[words, batch]``.
        turns: Angles of the shared turns, ``[words]``.
        start: The grown product state, ``[2^words, batch]``, real in the basis of its words.
        unitaries: See `Parameters`, like the others.
    """

    growth: Tensor
    turns: Tensor
    start: Tensor
    unitaries: Tensor
    phases: Tensor
    factors: Tensor

    @property
    def parameters(self) -> Parameters:
        """What the passes read of it."""
        return Parameters(self.unitaries, self.phases, self.factors)

    def zeros(self) -> Gradients:
        """To collect gradients in."""
        words, _, batch = self.factors.shape
        return Gradients(
            torch.zeros_like(self.unitaries),
            torch.zeros_like(self.phases, memory_format=torch.contiguous_format),
            self.phases.new_zeros(words, batch),
        )
