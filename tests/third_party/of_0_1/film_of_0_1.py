"""A third party's plugin, complete: one fusion and the hook that offers it."""

from __future__ import annotations

from typing import ClassVar

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

import qfusion_core
from qfusion_core import Fusion, FusionOutput


class Film(Fusion):
    """Feature-wise linear modulation: ``(1 + gamma(q)) * c + beta(q)``.

    The quantum tokens scale and shift every classical feature (Perez et al., arXiv 1709.07871).
    """

    name: ClassVar[str] = "film"

    class Options(qfusion_core.Options):
        """Options of `film`."""

        hidden: int = Field(
            default=32, ge=1, description="width between the tokens and gamma, beta"
        )

    def __init__(
        self,
        options: Options,
        *,
        classical_shape: tuple[int, int],
        quantum_shape: tuple[int, int],
    ) -> None:
        super().__init__(options, classical_shape=classical_shape, quantum_shape=quantum_shape)
        c_tokens, c_dim = classical_shape
        q_tokens, q_dim = quantum_shape
        self.modulation = nn.Sequential(
            nn.Linear(q_tokens * q_dim, options.hidden),
            nn.ReLU(),
            nn.Linear(options.hidden, 2 * c_dim),
        )
        self.out_dim = c_tokens * c_dim

    def forward(
        self,
        classical: Float[Tensor, "batch c_tokens c_dim"],
        quantum: Float[Tensor, "batch q_tokens q_dim"],
    ) -> FusionOutput:
        """Features ``[batch, c_tokens * c_dim]``; no attention."""
        gamma, beta = self.modulation(quantum.flatten(1)).unsqueeze(1).chunk(2, dim=-1)
        return FusionOutput(((1 + gamma) * classical + beta).flatten(1))


@qfusion_core.hookimpl
def qfusion_fusions() -> list[type]:
    """`film`."""
    return [Film]
