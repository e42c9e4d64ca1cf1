"""Cross-attention: the classical representation queries the quantum tokens, with a residual."""

from __future__ import annotations

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from qfusion_attention.block import Block
from qfusion_attention.options import CrossAttentionOptions
from qfusion_attention.tokens import TokenEmbedding, keep_tokens, with_one
from qfusion_core import Fusion, FusionOutput, InputError


class CrossAttention(Fusion):
    """Transformer blocks whose queries are classical tokens and whose keys are quantum tokens.

    After arXiv 2512.19180; the gate is Flamingo's. Its defaults are the recommended form. The
    source paper's, as far as it is known: ``token_embedding: shared, gate: false, include_query:
    true, norm_output: true``.

    While the gates are zero, as at the start, the features *are* the classical tokens (projected
    where their dimension is not ``width``).
    """

    name: ClassVar[str] = "cross-attention"
    Options = CrossAttentionOptions

    def __init__(
        self,
        options: CrossAttentionOptions,
        *,
        classical_shape: tuple[int, int],
        quantum_shape: tuple[int, int],
    ) -> None:
        super().__init__(options, classical_shape=classical_shape, quantum_shape=quantum_shape)
        self.options = options
        queries, dim = classical_shape
        width = options.width
        self.project = nn.Identity() if dim == width else nn.Linear(dim, width)
        self.embed = TokenEmbedding(
            quantum_shape, width, options.token_embedding, options.token_place
        )
        self.blocks = nn.ModuleList(
            Block(
                width,
                options.heads,
                feed_forward=options.feed_forward,
                dropout=options.dropout,
                gate=options.gate,
            )
            for _ in range(options.depth)
        )
        self.norm = nn.LayerNorm(width) if options.norm_output else nn.Identity()
        self.out_dim = width * (queries if options.pooling == "flatten" else 1)

    def place_tokens(self, positions: Float[Tensor, "q_tokens 2"] | None) -> None:
        """See `qfusion_core.Fusion`; needed with ``token_place: wire``."""
        if self.options.token_place == "learned":
            return
        if positions is None:
            raise InputError(
                "fusion 'cross-attention': token_place: wire needs tokens that lie on wires, but "
                "the quantum encoder has none; use token_place: learned"
            )
        alike = len(positions) - len(positions.unique(dim=0))
        if alike and self.options.token_embedding == "shared":
            raise InputError(
                f"fusion 'cross-attention': {alike} tokens have the wire and weight of another one "
                "(as X and Y of one wire do), and nothing else tells them apart; use "
                "token_embedding: per-token, token_place: learned, or readout: z+zz-line"
            )
        self.embed.locate(positions)

    def forward(
        self,
        classical: Float[Tensor, "batch c_tokens c_dim"],
        quantum: Float[Tensor, "batch q_tokens q_dim"],
    ) -> FusionOutput:
        """Features, and the attention of the last block.

        Returns:
            Features ``[batch, c_tokens * width]``, or ``[batch, width]`` with ``pooling: mean``;
            attention ``[batch, heads, c_tokens, q_tokens]``, with ``include_query`` followed by
            the ``c_tokens`` columns of the queries themselves.
        """
        options = self.options
        hidden = options.token_dropout if self.training else 0.0
        keep = keep_tokens(quantum, hidden) if hidden else None
        tokens, embedding = with_one(quantum), self.embed()
        state = self.project(classical)
        for block in self.blocks:
            state, attention = block(
                state,
                tokens,
                embedding,
                keep,
                residual=options.residual,
                include_query=options.include_query,
            )
        state = self.norm(state)
        pooled = state.mean(dim=1) if options.pooling == "mean" else state.flatten(1)
        return FusionOutput(pooled, attention)

    @property
    def gate_values(self) -> Tensor | None:
        """``tanh(a)`` of each block's attention, ``[depth]``: how far the tokens are let in."""
        gates = [block.gate for block in self.blocks if isinstance(block.gate, Tensor)]
        return torch.stack(gates).detach().tanh() if gates else None
