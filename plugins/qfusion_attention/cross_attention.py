"""Cross-attention: the classical representation queries the quantum tokens, with a residual."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn

import qfusion_core
from qfusion_attention.block import Block
from qfusion_attention.tokens import TokenEmbedding, keep_tokens, with_one
from qfusion_core import Fusion, FusionOutput


class CrossAttention(Fusion):
    """Transformer blocks whose queries are classical tokens and whose keys are quantum tokens.

    After arXiv 2512.19180; the gate is Flamingo's. Its defaults are the recommended form. The
    source paper's, as far as it is known: ``token_embedding: shared, gate: false, include_query:
    true, norm_output: true``.

    While the gates are zero, as at the start, the features *are* the classical tokens (projected
    where their dimension is not ``width``).
    """

    name: ClassVar[str] = "cross-attention"

    class Options(qfusion_core.Options):
        """Options of `cross-attention`."""

        width: int = Field(
            64, ge=1, le=16_384, description="of queries, keys and values, all heads together"
        )
        heads: int = Field(4, ge=1, le=1024, description="attention heads; divides width")
        depth: int = Field(1, ge=1, le=64, description="blocks, one after the other")
        token_embedding: Literal["shared", "per-token"] = Field(
            "per-token", description="one linear embedding for all quantum tokens, or one for each"
        )
        feed_forward: int = Field(
            4,
            ge=0,
            le=64,
            description="hidden width of the feed-forward net, in widths; 0 = no such net",
        )
        gate: bool = Field(True, description="tanh gates that start at zero; off = no gate")
        residual: bool = Field(True, description="add the attention's output to its query")
        include_query: bool = Field(
            False, description="the classical tokens are keys and values, too"
        )
        norm_output: bool = Field(False, description="layer norm before the head")
        pooling: Literal["flatten", "mean"] = Field(
            "flatten", description="how several classical tokens become features"
        )
        token_dropout: float = Field(
            0.0, ge=0, lt=1, description="share of quantum tokens hidden in training, never all"
        )
        dropout: float = Field(
            0.1, ge=0, lt=1, description="on attention output and inside the net"
        )

        @model_validator(mode="after")
        def _fits(self) -> CrossAttention.Options:
            if self.width % self.heads:
                raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
            if self.gate and not self.residual:
                raise ValueError(
                    "a gate that starts at zero needs residual: true, or nothing is left"
                )
            return self

    def __init__(
        self,
        options: Options,
        *,
        classical_shape: tuple[int, int],
        quantum_shape: tuple[int, int],
    ) -> None:
        super().__init__(options, classical_shape=classical_shape, quantum_shape=quantum_shape)
        self.options = options
        queries, dim = classical_shape
        width = options.width
        self.project = nn.Identity() if dim == width else nn.Linear(dim, width)
        self.embed = TokenEmbedding(quantum_shape, width, options.token_embedding)
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
