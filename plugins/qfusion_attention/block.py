"""One block: the classical tokens query the quantum tokens, then a feed-forward net."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TokenAttention(nn.Module):
    """Multi-head attention over tokens that are linear in ``[q_i, 1]``.

    The embedded tokens ``[batch, q_tokens, width]`` are never built. Keys and values of the
    matrices ``E_i = [W_i; p_i]`` are formed once per step, and then::

        score_i = [q_i, 1] . (E_i W_K . query)         output = sum_i A_i [q_i, 1] . (E_i W_V)

    which is the same mathematics. Keys and values carry no bias: that of a key shifts all scores
    of a query alike, and that of a value is in the output's.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)
        self.output = nn.Linear(width, width)

    def forward(
        self,
        classical: Tensor,
        quantum: Tensor,
        embedding: Tensor,
        keep: Tensor | None = None,
        *,
        include_query: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Attend.

        Args:
            classical: The queries, ``[batch, c_tokens, width]``.
            quantum: ``[q_i, 1]``, ``[batch, q_tokens, q_dim + 1]``.
            embedding: ``[W_i; p_i]``, ``[q_tokens, q_dim + 1, width]``.
            keep: Tokens that may be attended to, ``[batch, q_tokens]``; None for all.
            include_query: Let the classical tokens be keys and values, too, after the quantum ones.

        Returns:
            ``[batch, c_tokens, width]`` and the weights ``[batch, heads, c_tokens, keys]``.
        """
        (batch, queries), (n_tokens, size) = classical.shape[:2], quantum.shape[1:]
        query = self._split(self.query(classical))  # [heads, batch, c_tokens, head width]
        query = query * query.shape[-1] ** -0.5
        key = self._split(self.key(embedding.flatten(0, 1)))  # [heads, q_tokens * size, head width]
        value = self._split(self.value(embedding.flatten(0, 1)))

        # batch and queries are one axis of a product: torch would copy the keys for each sample
        scores = (query.flatten(1, 2) @ key.mT).view(self.heads, batch, queries, n_tokens, size)
        scores = (scores * quantum[:, None]).sum(-1)
        if keep is not None:
            scores = scores.masked_fill(~keep[:, None], -torch.inf)
        if include_query:
            own = query @ self._split(self.key(classical)).mT
            scores = torch.cat([scores, own], dim=-1)
        attention: Tensor = scores.softmax(dim=-1)  # [heads, batch, c_tokens, keys]

        shares = attention[..., :n_tokens, None] * quantum[:, None]
        mixed = (shares.flatten(3).flatten(1, 2) @ value).view(
            self.heads, batch, queries, value.shape[-1]
        )
        if include_query:
            mixed = mixed + attention[..., n_tokens:] @ self._split(self.value(classical))
        return self.output(mixed.movedim(0, 2).flatten(2)), attention.transpose(0, 1)

    def _split(self, x: Tensor) -> Tensor:
        """``[..., width]`` to ``[heads, ..., width / heads]``."""
        parts: Tensor = x.unflatten(-1, (self.heads, -1)).movedim(-2, 0)
        return parts


class Block(nn.Module):
    """Pre-norm attention and feed-forward net, each with a residual and, if asked, a gate.

    A gate is ``tanh(a)`` with a = 0 at the start (Flamingo, arXiv 2204.14198): the block begins as
    the identity, and the model as the classical one.
    """

    def __init__(
        self, width: int, heads: int, *, feed_forward: int, dropout: float, gate: bool
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attend = TokenAttention(width, heads)
        self.dropout = nn.Dropout(dropout)
        self.gate = nn.Parameter(torch.zeros(())) if gate else None
        self.feed_forward: nn.Module | None = None
        if feed_forward:
            self.feed_forward = nn.Sequential(
                nn.LayerNorm(width),
                nn.Linear(width, feed_forward * width),
                nn.GELU(),
                nn.Dropout(dropout),
                nn.Linear(feed_forward * width, width),
            )
            self.feed_forward_gate = nn.Parameter(torch.zeros(())) if gate else None

    def forward(
        self,
        classical: Tensor,
        quantum: Tensor,
        embedding: Tensor,
        keep: Tensor | None,
        *,
        residual: bool,
        include_query: bool,
    ) -> tuple[Tensor, Tensor]:
        """The new classical tokens, and the attention: shapes as in `TokenAttention`."""
        update, attention = self.attend(
            self.norm(classical), quantum, embedding, keep, include_query=include_query
        )
        update = _gated(self.dropout(update), self.gate)
        classical = classical + update if residual else update
        if self.feed_forward is not None:
            update = _gated(self.feed_forward(classical), self.feed_forward_gate)
            classical = classical + update
        return classical, attention


def _gated(update: Tensor, gate: Tensor | None) -> Tensor:
    return update if gate is None else gate.tanh() * update
