"""Both branches of the model: features to tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor, nn

from qfusion_core import options as base
from qfusion_core.interfaces.component import Component


class QuantumEncoder(Component, nn.Module, ABC):
    """Features to quantum tokens. Controls without a circuit are quantum encoders, too.

    Attributes:
        output_shape: ``(q_tokens, q_dim)``.
        token_positions: ``[q_tokens, 2]``, mean wire and mean weight (letters) of the words of each
            token; None where tokens have no place.
    """

    name: ClassVar[str]
    output_shape: tuple[int, int]
    token_positions: Tensor | None = None

    def __init__(self, options: base.Options, *, n_features: int) -> None:
        nn.Module.__init__(self)

    @abstractmethod
    def forward(self, x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch q_tokens q_dim"]:
        """Tokens of each sample."""


class ClassicalEncoder(Component, nn.Module, ABC):
    """Features to classical tokens.

    Attributes:
        output_shape: ``(c_tokens, c_dim)``.
        members: k member predictions per sample (1 where there is no ensemble inside). With k, the
            output has ``batch * k`` rows, sample-major.
    """

    name: ClassVar[str]
    output_shape: tuple[int, int]
    members: int = 1

    def __init__(self, options: base.Options, *, input_shape: tuple[int, ...]) -> None:
        nn.Module.__init__(self)

    @abstractmethod
    def forward(
        self, x: Float[Tensor, "batch *input"]
    ) -> Float[Tensor, "batch_members c_tokens c_dim"]:
        """Tokens of each sample and member."""
