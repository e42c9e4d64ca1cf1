"""Options of the encoders, checked when the YAML is read. Imports no torch."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, model_validator

import qfusion_core
from qfusion_core import Layout, Readout

Entangler = Literal["ring", "linear", "brick", "strong", "none"]
EntanglingGate = Literal["cnot", "cz"]
Repeat = Literal["none", "cycle", "stretch"]
WeightsInit = Literal["uniform", "normal"]

# wide enough for every machine there is, and for every table; a typo or a stranger's file beyond
# would take the memory of the machine
Qubits = Annotated[int, Field(ge=1, le=256)]
Layers = Annotated[int, Field(ge=1, le=1000)]
Width = Annotated[int, Field(ge=1, le=16_384)]

_MOST = 50_000_000  # with gradients and Adam's moments 800 MB


class TokenOptions(qfusion_core.Options):
    """How features become angles, and which values become which tokens."""

    qubits: Qubits | None = Field(
        None, description="qubits; null = one for each feature that the preprocessing leaves"
    )
    repeat: Repeat = Field(
        "none",
        description="what qubits beyond the number of features take: none (nothing), cycle (the "
        "features again: x0 x1 x2 x0 x1), or stretch (neighbours share one: x0 x0 x1 x1 x2); each "
        "qubit has a scale of its own",
    )
    encoding_scale: float = Field(
        0.15,
        description="start of the trainable scale s in pi*tanh(s*x), one for each feature; "
        "small is safe: large angles give features that overfit",
    )
    readout: Readout = Field("xyz", description="Pauli words that are measured")
    layout: Layout = Field("per-observable", description="which values one token holds")
    standardise: bool = Field(True, description="z-score each value, with training statistics")


class AnsatzOptions(TokenOptions):
    """What the circuit is made of."""

    layers: Layers = Field(3, description="layers of rotations and entangler")
    entangler: Entangler = Field(
        "ring",
        description="pairs of each layer: a ring, a line, none, brick (pairs of neighbours, even "
        "and odd ones in turns: narrow light cones, so that hundreds of qubits are exact), or "
        "PennyLane's StronglyEntanglingLayers (Rot and pairs of growing range)",
    )
    entangling_gate: EntanglingGate = Field(
        "cnot",
        description="on each pair; cz is followed by one more layer of rotations at the end, since "
        "no readout of Z sees a last CZ",
    )
    weights_init: WeightsInit = Field(
        "normal", description="uniform on [0, 2 pi), or normal with deviation .1: near identity"
    )


class MLPOptions(qfusion_core.Options):
    """Options of `mlp`."""

    hidden: tuple[Width, ...] = Field(
        (128,), max_length=64, description="widths of the hidden layers"
    )
    dim: Width = Field(64, description="width of the output token")
    dropout: float = Field(0.1, ge=0, lt=1, description="after each hidden layer")
    members: int = Field(
        1,
        ge=1,
        le=1024,
        description="k predictions per sample from one network; 1 = a plain network",
    )
    embedding: Literal["none", "periodic"] = Field(
        "none", description="how a number enters: as it is, or by sines and cosines (PLR)"
    )
    numeric: int | None = Field(
        None,
        ge=1,
        description="how many leading columns are embedded, the others pass; null = all",
    )
    frequencies: int = Field(16, ge=1, le=4096, description="periodic: frequencies for each column")
    sigma: PositiveFloat = Field(0.2, description="periodic: spread of the first frequencies")
    embedding_dim: int = Field(8, ge=1, le=4096, description="periodic: values for each column")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """What each option may be, all together may not."""
        weights = sum(prod(widths) for widths in pairwise((*self.hidden, self.dim)))
        per_member = self.members * (sum(self.hidden) + self.dim)
        if max(weights, per_member) > _MOST:
            raise ValueError(
                f"hidden, dim and members: {max(weights, per_member):,} weights or values of a "
                f"sample, expected at most {_MOST:,}; choose smaller ones"
            )
        return self


class ConvOptions(qfusion_core.Options):
    """Options of `conv`."""

    channels: tuple[Width, ...] = Field(
        (16, 32, 64),
        min_length=1,
        max_length=16,
        description="channels of each block; each halves the image",
    )
    dim: Width = Field(64, description="width of each token")
    dropout: float = Field(0.2, ge=0, lt=1, description="before the projection")
    tokens: Literal["pooled", "spatial"] = Field(
        "pooled", description="one token for the image, or one for each place of the last map"
    )


class IdentityOptions(qfusion_core.Options):
    """`identity` has no options."""


class HardwareEfficientOptions(AnsatzOptions):
    """Options of `hardware-efficient`."""


class ReuploadingOptions(AnsatzOptions):
    """Options of `reuploading`."""


class ShamOptions(TokenOptions):
    """Options of `sham`: those of a circuit that say how its tokens look."""
