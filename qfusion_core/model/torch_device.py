"""The torch device that a model computes on: in torch's words ``cpu``, ``cuda``, ``cuda:1``."""

from __future__ import annotations

import torch

from qfusion_core.errors import InputError
from qfusion_core.printable import one_line

AUTO = "auto"
_CPU = torch.device("cpu")


def usable_torch_device(name: str | torch.device) -> torch.device:
    """A device that can be computed on, in double precision, too.

    Args:
        name: As torch calls it, or ``auto``: the accelerator where there is a usable one, else the
            CPU.

    Raises:
        InputError: torch does not know it, or it cannot be used here.
    """
    if not isinstance(name, str | torch.device):
        raise _unknown(name)
    if name == AUTO:
        found = (
            torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
        )
        return _CPU if found is None or _unusable(found) else found
    try:
        device = torch.device(name)
    except RuntimeError:
        raise _unknown(name) from None
    if str(device) != str(name):  # torch takes cuda:256 for cuda:0
        raise _unknown(name)
    if reason := _unusable(device):
        raise InputError(
            f"torch device: {device} cannot be used here ({reason}); use cpu, or auto, which takes "
            "what there is"
        )
    return device


def torch_device_name(device: torch.device) -> str:
    """As torch calls it, with the make of the GPU where it tells."""
    if device.type != "cuda":
        return str(device)
    return f"{device} ({torch.cuda.get_device_name(device)})"


def _unknown(name: object) -> InputError:
    return InputError(
        f"torch device: expected cpu, cuda, cuda:N or auto, got {one_line(repr(name), 40)}"
    )


def _unusable(device: torch.device) -> str | None:
    """Why no double can be added up there; None where it can."""
    try:
        torch.ones(2, dtype=torch.float64, device=device).sum().item()
    except Exception as error:  # each vendor's has its own
        return one_line(error, 100)
    return None
