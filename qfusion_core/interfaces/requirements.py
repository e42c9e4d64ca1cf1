"""What is refused before a device is asked: numbers that are none, and too many qubits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from qfusion_core.errors import InputError, QfusionError

if TYPE_CHECKING:
    from qfusion_core.interfaces.device import Device


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


def require_wires(device: Device, n_wires: int) -> None:
    """Refuse a circuit with more qubits than the device has.

    Raises:
        InputError: Names both numbers.
    """
    if device.max_wires is not None and n_wires > device.max_wires:
        raise InputError(
            f"the circuit has {n_wires} qubits, device {device.name!r} has {device.max_wires}; "
            "use a quantum encoder with fewer qubits, or another backend"
        )
