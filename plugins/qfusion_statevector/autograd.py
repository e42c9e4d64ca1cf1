"""Values of a program as one function that torch can differentiate, whoever executes it."""

from __future__ import annotations

import math
from typing import Any, Protocol

import torch
from torch import Tensor

from qfusion_core import QfusionError, full_precision


class NotFinite(QfusionError):
    """Some angle is NaN or infinite; an executor says no more, the device looks for the entry."""

    def __init__(self) -> None:
        super().__init__("angles: too large to be added up; check the training for divergence")


def all_finite(*parts: Tensor) -> bool:
    """Whether no entry is NaN or infinite: one look where that is so, since a GPU waits for it."""
    total = parts[0].sum()
    for part in parts[1:]:
        total = total + part.sum()
    if math.isfinite(total.item()):
        return True
    return all(bool(part.isfinite().all()) for part in parts)  # sums of large entries overflow


def refuse_transforms(gradient: Tensor | None = None) -> None:
    """Refuse what torch would refuse later, and in words of its own.

    Args:
        gradient: That arrives on the way back; None on the way to the values.

    Raises:
        QfusionError: A transform of `torch.func`, or a vectorized Jacobian.
    """
    batched = gradient is not None and torch._C._functorch.is_legacy_batchedtensor(gradient)
    if batched or torch._C._are_functorch_transforms_active():
        raise QfusionError(
            "statevector: no vectorized Jacobians, and no torch.func (grad, vmap, jvp, ...); use "
            "torch.autograd without vectorize or is_grads_batched, and rows of data for vmap"
        )


class Executor(Protocol):
    """Runs one program in one precision."""

    def forward(self, data: Tensor, weights: Tensor, keep: bool) -> tuple[Tensor, tuple[Any, ...]]:
        """Values ``[batch, words]``, and the tensors that `backward` needs (if ``keep``).

        Raises:
            NotFinite: An angle, or an entry of the data or the weights, is NaN or infinite.
        """

    def backward(
        self, saved: tuple[Any, ...], gradient: Tensor, of_data: bool, of_weights: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """Gradients of data ``[batch, n_data]`` and weights, those that are asked for."""


class Expectations(torch.autograd.Function):
    """``(data [batch, n_data], weights [n_weights], executor)`` to ``[batch, words]``."""

    @staticmethod
    def forward(ctx: Any, data: Tensor, weights: Tensor, executor: Executor) -> Tensor:
        """See `Executor.forward`."""
        values, saved = executor.forward(_plain(data), _plain(weights), any(ctx.needs_input_grad))
        ctx.executor = executor
        ctx.save_for_backward(*saved)
        return values

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """See `Executor.backward`."""
        refuse_transforms(gradient)
        if torch.is_grad_enabled():  # torch would take this gradient for a constant, in silence
            raise QfusionError(
                "statevector: no second derivatives; differentiate without create_graph=True, or "
                "use the backend default.qubit (type: pennylane), which has them"
            )
        of_data, of_weights, _ = ctx.needs_input_grad
        with full_precision(gradient.device):
            gradients = ctx.executor.backward(ctx.saved_tensors, gradient, of_data, of_weights)
        return *gradients, None


def _plain(part: Tensor) -> Tensor:
    """Numbers alone: outside the graph, and fit for one of an executor's own."""
    part = part.detach()
    if part.is_inference():
        return part.clone()
    return part.resolve_neg() if part.is_neg() else part
