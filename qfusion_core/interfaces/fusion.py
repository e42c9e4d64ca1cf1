"""What joins the tokens of both branches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from qfusion_core import options as base
from qfusion_core.interfaces.component import Component


class FusionOutput(NamedTuple):
    """What a fusion returns.

    Attributes:
        features: ``[batch, out_dim]``.
        attention: Weights of the last block, ``[batch, heads, queries, keys]``, rows sum to 1; None
            where the fusion has no attention.
    """

    features: Tensor
    attention: Tensor | None = None


class Fusion(Component, nn.Module, ABC):
    """Joins classical and quantum tokens.

    Attributes:
        out_dim: Width of the joined features.
    """

    name: ClassVar[str]
    out_dim: int

    def __init__(
        self,
        options: base.Options,
        *,
        classical_shape: tuple[int, int],
        quantum_shape: tuple[int, int],
    ) -> None:
        nn.Module.__init__(self)

    def place_tokens(self, positions: Float[Tensor, "q_tokens 2"] | None) -> None:
        """Told once, when the model is made, where its quantum tokens lie. Ignored by default.

        Args:
            positions: Mean wire and mean weight of each token, as in `QuantumEncoder`; None where
                the encoder's tokens have no place.

        Raises:
            InputError: The fusion needs places.
        """

    @abstractmethod
    def forward(
        self,
        classical: Float[Tensor, "batch c_tokens c_dim"],
        quantum: Float[Tensor, "batch q_tokens q_dim"],
    ) -> FusionOutput:
        """Joined features ``[batch, out_dim]``."""
