"""Gradients of a black-box device: parameter shift on gate angles, as one autograd function.

``d<P>/d angle = (<P>(angle + pi/2) - <P>(angle - pi/2)) / 2`` is exact, because only RX, RY and RZ
carry angles, and each is a column of its own: gates that share a weight, and angles that mix
several, are shifted one gate at a time, and the chain rule through `Circuit.angles` adds them up
(Schuld et al., Phys. Rev. A 99, 032331, 2019).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.errors import QfusionError

if TYPE_CHECKING:
    from qfusion_core.interfaces.device import BlackBoxDevice, Device


def shifted_expectations(
    device: BlackBoxDevice,
    circuit: Circuit,
    data: Tensor,
    weights: Tensor,
    observables: Sequence[str],
) -> Tensor:
    """Expectation values from a black box, differentiable in data and weights.

    The forward pass is one `evaluate` call with a row for each sample; the backward pass is one
    more, with two rows for each sample and each angle that depends on something which needs a
    gradient. Second derivatives are refused.

    Args:
        device: Asked through `BlackBoxDevice.evaluate`; not at all for an empty batch.
        circuit: What to run.
        data: ``[batch, n_data]``.
        weights: ``[n_weights]``.
        observables: Pauli words, one letter per wire, wire 0 first.

    Returns:
        ``[batch, n_observables]`` in the dtype of ``data``.

    Raises:
        InputError: An argument does not fit the circuit, or the circuit does not fit the device.
        QfusionError: NaN or infinity on the way in; a result of the wrong shape.
    """
    from qfusion_core.interfaces.requirements import require_finite, require_wires

    if torch._C._are_functorch_transforms_active():  # torch's own words would be of its inside
        raise QfusionError(
            f"device {device.name!r}: no torch.func (grad, vmap, jvp, ...) through a black box; "
            "use torch.autograd, and rows of data for vmap"
        )
    circuit.check(data, weights, observables)
    require_wires(device, circuit.n_wires)
    require_finite("data", data)
    require_finite("weights", weights)
    angles = circuit.angles(data, weights)
    require_finite("angles", angles)  # a finite input can still overflow

    def run(rows: Tensor) -> Tensor:
        wanted = (len(rows), len(observables))
        if 0 in wanted:
            return rows.new_zeros(wanted)
        values = device.evaluate(circuit, rows, observables)
        values = require_measured(device, values, len(rows), observables, "evaluate")
        return values.detach().to(rows)

    columns = _trainable(circuit, data=data.requires_grad, weights=weights.requires_grad)
    result: Tensor = _ParameterShift.apply(  # type: ignore[no-untyped-call]
        angles, columns.to(angles.device), run, device.shiftable
    )
    return result


def require_measured(
    device: Device, values: Tensor, rows: int, observables: Sequence[str], method: str
) -> Tensor:
    """What a device returned, if it is one finite value for each row and observable.

    Args:
        device: For its name.
        values: As it returned them.
        rows: How many were asked.
        observables: Of the columns.
        method: Of the device, that returned them.

    Raises:
        QfusionError: Names the device, and the shape, or the first bad row and observable.
    """
    wanted = [rows, len(observables)]
    if not isinstance(values, Tensor) or list(values.shape) != wanted:
        got = list(values.shape) if hasattr(values, "shape") else type(values).__name__
        raise QfusionError(
            f"device {device.name!r}: {method} returned shape {got}, expected {wanted} (rows, "
            "observables); this is a fault of the device's plugin"
        )
    if math.isfinite(values.detach().sum().item()):
        return values  # one look where all is well
    bad = ~torch.isfinite(values.detach())
    if not bool(bad.any()):
        return values
    row, column = bad.nonzero()[0].tolist()
    raise QfusionError(
        f"device {device.name!r}: {method} returned {values[row, column].item()} for observable "
        f"{observables[column]} in row {row} ({int(bad.sum())} of {bad.numel()} values of the call "
        "are not finite); no result is made of them: this is a fault of the device or its plugin"
    )


def _trainable(circuit: Circuit, *, data: bool, weights: bool) -> Tensor:
    """Positions of the angles with a term in what needs a gradient."""
    by_data, by_weight, _ = circuit.affine
    needed = (by_data != 0).any(1) & data | (by_weight != 0).any(1) & weights
    return needed.nonzero().squeeze(1)


class _ParameterShift(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        angles: Tensor,
        columns: Tensor,
        run: Callable[[Tensor], Tensor],
        shiftable: bool,
    ) -> Tensor:
        ctx.save_for_backward(angles, columns)
        ctx.run, ctx.shiftable = run, shiftable
        return run(angles.detach())

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None, None]:
        if torch.is_grad_enabled():  # torch would take this gradient for a constant, in silence
            raise QfusionError(
                "no second derivatives through a black-box device; differentiate without "
                "create_graph=True, or use a differentiable backend such as statevector"
            )
        if not ctx.shiftable:
            raise QfusionError(
                "no gradients through a pool: the halves of a parameter shift would come from "
                "different machines; train on one of its members"
            )
        angles, columns = ctx.saved_tensors
        shift = torch.zeros(len(columns), 1, angles.shape[1]).to(angles)
        shift[torch.arange(len(columns)), 0, columns] = math.pi / 2
        rows = torch.stack([angles + shift, angles - shift])  # [2, columns, batch, n_angles]
        plus, minus = ctx.run(rows.flatten(0, 2)).reshape(*rows.shape[:3], grad_output.shape[1])
        grad = torch.zeros_like(angles)
        grad[:, columns] = torch.einsum("cbo,bo->bc", (plus - minus) / 2, grad_output)
        return grad, None, None, None
