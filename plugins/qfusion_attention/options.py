"""Options of the fusion, checked when the YAML is read. Imports no torch."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

import qfusion_core


class CrossAttentionOptions(qfusion_core.Options):
    """Options of `cross-attention`."""

    width: int = Field(
        64, ge=1, le=16_384, description="of queries, keys and values, all heads together"
    )
    heads: int = Field(4, ge=1, le=1024, description="attention heads; divides width")
    depth: int = Field(1, ge=1, le=64, description="blocks, one after the other")
    token_embedding: Literal["shared", "per-token"] = Field(
        "per-token", description="one linear embedding for all quantum tokens, or one for each"
    )
    token_place: Literal["learned", "wire"] = Field(
        "learned",
        description="how tokens are told apart: a learned vector for each, or waves of the wire "
        "on which it lies and of its weight, for hundreds of tokens (with token_embedding: shared "
        "no parameter belongs to one token)",
    )
    feed_forward: int = Field(
        4,
        ge=0,
        le=64,
        description="hidden width of the feed-forward net, in widths; 0 = no such net",
    )
    gate: bool = Field(True, description="tanh gates that start at zero; off = no gate")
    residual: bool = Field(True, description="add the attention's output to its query")
    include_query: bool = Field(False, description="the classical tokens are keys and values, too")
    norm_output: bool = Field(False, description="layer norm before the head")
    pooling: Literal["flatten", "mean"] = Field(
        "flatten", description="how several classical tokens become features"
    )
    token_dropout: float = Field(
        0.0, ge=0, lt=1, description="share of quantum tokens hidden in training, never all"
    )
    dropout: float = Field(0.1, ge=0, lt=1, description="on attention output and inside the net")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        if self.gate and not self.residual:
            raise ValueError("a gate that starts at zero needs residual: true, or nothing is left")
        return self
