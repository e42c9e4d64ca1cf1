"""Quantum tokens as keys and values, without ever embedding them for each sample."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

WAVES = (2, 4, 8, 16, 32, 64, 128, 256)  # wires: from neighbours to the widest circuit there is


class TokenEmbedding(nn.Module):
    """Token i of ``dim`` values becomes ``T_i = W_i q_i + p_i``: a linear map of ``[q_i, 1]``.

    ``shared``: one W for all tokens, told apart by p_i alone; with scalar tokens and a single
    query their values have rank one in q. ``per-token``: a W for each. There is no layer norm:
    normalising a scalar token leaves its sign and erases its magnitude.

    Args:
        shape: ``(q_tokens, q_dim)``.
        width: Of an embedded token.
        kind: ``shared`` or ``per-token``.
        place: Where p_i comes from: ``learned``, or ``wire``: a linear map of waves of its place.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        width: int,
        kind: Literal["shared", "per-token"],
        place: Literal["learned", "wire"],
    ) -> None:
        super().__init__()
        tokens, dim = shape
        bound = dim**-0.5  # that of nn.Linear
        self.weight = nn.Parameter(
            torch.empty(tokens if kind == "per-token" else 1, dim, width).uniform_(-bound, bound)
        )
        waves = torch.zeros(tokens, len(WAVES) * 2 + 1) if place == "wire" else None
        self.waves: Tensor | None
        self.register_buffer("waves", waves, persistent=False)  # where tokens lie is in no weight
        if waves is None:
            self.position = nn.Parameter(torch.empty(tokens, 1, width).normal_(std=0.02))
        else:
            self.place = nn.Parameter(torch.empty(waves.shape[1], width).normal_(std=0.02))

    def locate(self, positions: Tensor) -> None:
        """Take in where the tokens lie, ``[q_tokens, 2]``: mean wire and mean weight."""
        assert self.waves is not None
        wire, weight = positions.to(self.waves).split(1, dim=1)
        turns = 2 * math.pi * wire / wire.new_tensor(WAVES)
        self.waves = torch.cat([turns.sin(), turns.cos(), weight], dim=1)

    def forward(self) -> Tensor:
        """The matrices ``[W_i; p_i]``: ``[q_tokens, q_dim + 1, width]``. They know no sample."""
        place = self.position if self.waves is None else (self.waves @ self.place)[:, None]
        weight = self.weight.expand(len(place), -1, -1)
        return torch.cat([weight, place], dim=1)


def with_one(quantum: Tensor) -> Tensor:
    """``[q_i, 1]``: ``[batch, q_tokens, q_dim]`` to ``[batch, q_tokens, q_dim + 1]``."""
    return torch.cat([quantum, torch.ones_like(quantum[..., :1])], dim=-1)


def keep_tokens(quantum: Tensor, dropout: float) -> Tensor:
    """Which tokens a sample keeps in this step: ``[batch, q_tokens]``, at least one in each row."""
    noise = torch.rand(quantum.shape[:2], device=quantum.device)
    return (noise >= dropout) | (noise == noise.amax(dim=1, keepdim=True))
