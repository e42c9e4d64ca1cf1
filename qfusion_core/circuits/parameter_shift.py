"""Parameter shift on gate angles, as one autograd function over whatever gives the values.

``d<P>/d angle = (<P>(angle + pi/2) - <P>(angle - pi/2)) / 2`` is exact, because only RX, RY and RZ
carry angles, and each is a column of its own: gates that share a weight, and angles that mix
several, are shifted one gate at a time, and the chain rule through `Circuit.angles` adds them up
(Schuld et al., Phys. Rev. A 99, 032331, 2019).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.full_precision import full_precision
from qfusion_core.errors import QfusionError


def parameter_shift(
    run: Callable[[Tensor], Tensor], angles: Tensor, columns: Tensor, *, refusal: str = ""
) -> Tensor:
    """Values of rows of angles, differentiable in the angles.

    The forward pass is one call with a row for each sample; the backward pass is one more, with
    two rows for each sample and shifted angle. Second derivatives are refused.

    Args:
        run: Rows of angles ``[rows, n_angles]`` to values ``[rows, n_observables]``.
        angles: ``[batch, n_angles]`` in radians.
        columns: Positions of the angles that need a gradient; the others get zeros.
        refusal: Why there are no gradients, if there are none: an error, should one be asked for.
    """
    result: Tensor = _ParameterShift.apply(  # type: ignore[no-untyped-call]
        angles, columns.to(angles.device), run, refusal
    )
    return result


def trainable_angles(circuit: Circuit, *, data: bool, weights: bool) -> Tensor:
    """Positions of the angles with a term in what needs a gradient."""
    by_data, by_weight, _ = circuit.affine
    needed = (by_data != 0).any(1) & data | (by_weight != 0).any(1) & weights
    return needed.nonzero().squeeze(1)


def shifted_rows(angles: Tensor, columns: Tensor) -> Tensor:
    """Rows of angles, one of which is a quarter turn further, and back.

    Args:
        angles: ``[batch, n_angles]`` in radians.
        columns: Positions of the angles that are shifted.

    Returns:
        ``[2, columns, batch, n_angles]``.
    """
    shift = angles.new_zeros(len(columns), 1, angles.shape[1])
    shift[torch.arange(len(columns), device=columns.device), 0, columns] = math.pi / 2
    return torch.stack([angles + shift, angles - shift])


def shifted_slopes(run: Callable[[Tensor], Tensor], angles: Tensor, columns: Tensor) -> Tensor:
    """Derivatives of values by some of the angles, in one call of two rows for each.

    Args:
        run: Rows of angles ``[rows, n_angles]`` to values ``[rows, n_observables]``.
        angles: ``[batch, n_angles]`` in radians.
        columns: Positions of the angles.

    Returns:
        ``[columns, batch, n_observables]``.
    """
    rows = shifted_rows(angles, columns)
    values = run(rows.flatten(0, 2))
    plus, minus = values.reshape(*rows.shape[:3], values.shape[1])
    slopes: Tensor = (plus - minus) / 2
    return slopes


class _ParameterShift(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        angles: Tensor,
        columns: Tensor,
        run: Callable[[Tensor], Tensor],
        refusal: str,
    ) -> Tensor:
        ctx.save_for_backward(angles, columns)
        ctx.run, ctx.refusal = run, refusal
        return run(angles.detach())

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        if torch.is_grad_enabled():  # torch would take this gradient for a constant, in silence
            raise QfusionError(
                "no second derivatives through a black-box device; differentiate without "
                "create_graph=True, or use a differentiable backend such as statevector"
            )
        if ctx.refusal:
            raise QfusionError(ctx.refusal)
        angles, columns = ctx.saved_tensors
        with full_precision(angles.device):
            slopes = shifted_slopes(ctx.run, angles, columns)
            grad = torch.zeros_like(angles)
            grad[:, columns] = torch.einsum("cbo,bo->bc", slopes, grad_output.to(slopes))
        return grad, None, None, None
