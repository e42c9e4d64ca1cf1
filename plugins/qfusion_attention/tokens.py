"""Quantum tokens as keys and values, without ever embedding them for each sample."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn


class TokenEmbedding(nn.Module):
    """Token i of ``dim`` values becomes ``T_i = W_i q_i + p_i``: a linear map of ``[q_i, 1]``.

    ``shared``: one W for all tokens, told apart by p_i alone; with scalar tokens and a single
    query their values have rank one in q. ``per-token``: a W for each. There is no layer norm:
    normalising a scalar token leaves its sign and erases its magnitude.

    Args:
        shape: ``(q_tokens, q_dim)``.
        width: Of an embedded token.
        kind: ``shared`` or ``per-token``.
    """

    def __init__(
        self, shape: tuple[int, int], width: int, kind: Literal["shared", "per-token"]
    ) -> None:
        super().__init__()
        tokens, dim = shape
        bound = dim**-0.5  # that of nn.Linear
        self.weight = nn.Parameter(
            torch.empty(tokens if kind == "per-token" else 1, dim, width).uniform_(-bound, bound)
        )
        self.position = nn.Parameter(torch.empty(tokens, 1, width).normal_(std=0.02))

    def forward(self) -> Tensor:
        """The matrices ``[W_i; p_i]``: ``[q_tokens, q_dim + 1, width]``. They know no sample."""
        weight = self.weight.expand(len(self.position), -1, -1)
        return torch.cat([weight, self.position], dim=1)


def with_one(quantum: Tensor) -> Tensor:
    """``[q_i, 1]``: ``[batch, q_tokens, q_dim]`` to ``[batch, q_tokens, q_dim + 1]``."""
    return torch.cat([quantum, torch.ones_like(quantum[..., :1])], dim=-1)


def keep_tokens(quantum: Tensor, dropout: float) -> Tensor:
    """Which tokens a sample keeps in this step: ``[batch, q_tokens]``, at least one in each row."""
    noise = torch.rand(quantum.shape[:2], device=quantum.device)
    return (noise >= dropout) | (noise == noise.amax(dim=1, keepdim=True))
