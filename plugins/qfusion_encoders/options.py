"""Options that the quantum encoders of this plugin share, under the same names."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

import qfusion_core
from qfusion_core import Layout, Readout

Entangler = Literal["ring", "linear", "strong", "none"]
WeightsInit = Literal["uniform", "normal"]

# wide enough for every machine there is, and for every table; a typo or a stranger's file beyond
# would take the memory of the machine
Qubits = Annotated[int, Field(ge=1, le=256)]
Layers = Annotated[int, Field(ge=1, le=1000)]
Width = Annotated[int, Field(ge=1, le=16_384)]


class TokenOptions(qfusion_core.Options):
    """How features become angles, and which values become which tokens."""

    qubits: Qubits | None = Field(
        None, description="qubits; null = one for each feature that the preprocessing leaves"
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
        description="CNOTs of each layer: a ring, a line, none, or PennyLane's "
        "StronglyEntanglingLayers (Rot and CNOTs of growing range)",
    )
    weights_init: WeightsInit = Field(
        "normal", description="uniform on [0, 2 pi), or normal with deviation .1: near identity"
    )
