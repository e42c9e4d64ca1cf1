"""Values of a program as one function that torch can differentiate, whoever executes it."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from qfusion_core import QfusionError


class Executor(Protocol):
    """Runs one program in one precision."""

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and what `backward` needs (nothing if not ``keep``)."""

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""


class Expectations(torch.autograd.Function):
    """``(data [batch, n_data], weights [n_weights], executor)`` to ``[batch, words]``."""

    @staticmethod
    def forward(ctx: Any, data: Tensor, weights: Tensor, executor: Executor) -> Tensor:
        """See `Executor.forward`."""
        keep = any(ctx.needs_input_grad)
        values, saved = executor.forward(data.detach(), weights.detach(), keep)
        ctx.executor, ctx.saved = executor, saved
        return values

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """See `Executor.backward`."""
        if torch.is_grad_enabled():  # torch would take this gradient for a constant, in silence
            raise QfusionError(
                "statevector: no second derivatives; differentiate without create_graph=True, or "
                "use the backend default.qubit (type: pennylane), which has them"
            )
        of_data, of_weights, _ = ctx.needs_input_grad
        return *ctx.executor.backward(ctx.saved, gradient, of_data, of_weights), None
