"""What is refused before a device is asked, and of what it answers: numbers that are none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.errors import InputError, QfusionError

ROUNDING = 0.01  # by which half precision, or a truncated state, may carry a mean past 1
_LARGEST_FLOAT = torch.finfo(torch.float64).max


class Sized(Protocol):
    """What is said of a device: its name, and how large a circuit may be."""

    @property
    def name(self) -> str:
        """As in ``type:``."""

    @property
    def max_wires(self) -> int | None:
        """None: as many as there is memory for."""


def require_finite(name: str, tensor: Tensor) -> None:
    """Refuse NaN and infinity before a machine is asked.

    Raises:
        QfusionError: Names the tensor and the first bad entry.
    """
    if math.isfinite(tensor.detach().sum().item()):
        return  # one look where all is well; a sum may overflow, so that a bad one says nothing yet
    bad = ~torch.isfinite(tensor)
    if bool(bad.any()):
        first = bad.nonzero()[0].tolist()
        raise QfusionError(
            f"{name}: {int(bad.sum())} entries are NaN or infinite, the first at {first}; "
            "check the features for missing values and the training for divergence"
        )


def require_wires(device: Sized, n_wires: int) -> None:
    """Refuse a circuit with more qubits than the device has.

    Raises:
        InputError: Names both numbers.
    """
    if device.max_wires is not None and n_wires > device.max_wires:
        raise InputError(
            f"the circuit has {n_wires} qubits, device {device.name!r} has {device.max_wires}; "
            "use a quantum encoder with fewer qubits, or another backend"
        )


def checked_angles(
    device: Sized, circuit: Circuit, data: Tensor, weights: Tensor, observables: Sequence[str]
) -> Tensor:
    """Gate angles ``[batch, n_angles]`` of samples, if a device can be asked for them.

    Raises:
        InputError: An argument does not fit the circuit, or the circuit not the device.
        QfusionError: NaN or infinity among them.
    """
    circuit.check(data, weights, observables)
    require_wires(device, circuit.n_wires)
    require_finite("data", data)
    require_finite("weights", weights)
    angles = circuit.angles(data, weights)
    require_finite("angles", angles)  # a finite input can still overflow
    return angles


def require_measured(
    device: Sized, values: Tensor, rows: int, observables: Sequence[str], method: str
) -> Tensor:
    """What a device returned, if it is one value for each row and observable that can be one.

    Args:
        device: For its name, and how large values of it can be (`qfusion_core.Device.largest`).
        values: As it returned them.
        rows: How many were asked.
        observables: Of the columns.
        method: Of the device, that returned them.

    Raises:
        QfusionError: Names the device, and type and shape, or the first bad row and observable.
    """
    wanted = [rows, len(observables)]
    if not isinstance(values, Tensor) or list(values.shape) != wanted:
        raise QfusionError(
            f"device {device.name!r}: {method} returned {kind_of(values)}, expected a torch "
            f"tensor of shape {wanted} (rows, observables); this is a fault of the device's plugin"
        )
    most = getattr(device, "largest", 1.0) + ROUNDING
    sizes = values.detach().abs()
    if not sizes.numel() or sizes.max().item() <= min(most, _LARGEST_FLOAT):
        return values  # one look where all is well; NaN is not below anything
    finite = bool(torch.isfinite(sizes).all())
    bad = sizes > most if finite else ~torch.isfinite(sizes)
    row, column = bad.nonzero()[0].tolist()
    why = "are beyond -1 to 1" if finite else "are not finite"
    raise QfusionError(
        f"device {device.name!r}: {method} returned {values[row, column].item()} for observable "
        f"{observables[column]} in row {row} ({int(bad.sum())} of {bad.numel()} values of the call "
        f"{why}); no result is made of them: this is a fault of the device or its plugin"
        + (", or it mitigates errors and sets no `largest`" if finite else "")
    )


def kind_of(values: object) -> str:
    """What a plugin gave in place of values: its type, and its shape if it has one."""
    name = f"{type(values).__module__}.{type(values).__name__}".removeprefix("builtins.")
    shape = getattr(values, "shape", None)
    return name if shape is None else f"{name} of shape {list(shape)}"
