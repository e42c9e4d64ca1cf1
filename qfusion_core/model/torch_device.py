"""The torch device that a model computes on: in torch's words ``cpu``, ``cuda``, ``cuda:1``."""

from __future__ import annotations

import warnings

import torch

from qfusion_core.config.torch_name import AUTO, require_torch_name, unknown_torch_device
from qfusion_core.errors import InputError
from qfusion_core.printable import one_line

_CPU = torch.device("cpu")


def usable_torch_device(name: str | torch.device) -> torch.device:
    """A device that can be computed on, in double precision, too.

    Args:
        name: As torch calls it, or ``auto``: the accelerator where there is a usable one, else the
            CPU.

    Raises:
        InputError: torch does not know it, or it cannot be used here.
    """
    require_torch_name(name)
    if name == AUTO:
        found = _accelerator()
        return _CPU if found is None or _failure(found) else found
    try:
        with warnings.catch_warnings():  # of types that torch is about to forget
            warnings.simplefilter("ignore")
            device = torch.device(name)
    except RuntimeError:
        raise unknown_torch_device(name) from None
    if failure := _failure(device):
        raise InputError(
            f"torch device: {device} cannot be used here ({_reason(device, failure)}); {_advice()}"
        )
    return _CPU if device.type == "cpu" else device  # to torch cpu:1 is another than cpu


def torch_device_name(device: torch.device) -> str:
    """As torch calls it, with the make of the GPU where it tells."""
    if device.type != "cuda":
        return str(device)
    return f"{device} ({torch.cuda.get_device_name(device)})"


def _accelerator() -> torch.device | None:
    return torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None


def _advice() -> str:
    """Which devices can be used here."""
    found = _accelerator()
    count = 0 if found is None else torch.accelerator.device_count()
    others = [torch.device(found.type, number) for number in range(count)] if found else []
    names = ["cpu", *(str(device) for device in others if _failure(device) is None)]
    if len(names) == 1:
        return "there is only the CPU: use cpu"
    return f"there are {', '.join(names)}: use one of them, or auto"


def _failure(device: torch.device, dtype: torch.dtype = torch.float64) -> str | None:
    """What torch says where no numbers can be added up there; None where they can."""
    try:
        with warnings.catch_warnings():  # of drivers, in words of theirs
            warnings.simplefilter("ignore")
            torch.ones(2, dtype=dtype, device=device).sum().item()
    except Exception as error:  # each vendor's has its own
        return one_line(error, 100)
    return None


def _reason(device: torch.device, failure: str) -> str:
    """Why it cannot be used, in words of ours but where only the vendor knows."""
    found = _accelerator()
    if found is None or found.type != device.type:
        built = device.type != "cuda" or torch.version.cuda or torch.version.hip
        return "torch finds none" if built else "torch is installed without CUDA"
    if device.index is not None and device.index >= torch.accelerator.device_count():
        return "there is none of that number"
    if _failure(device, torch.float32) is None:
        return "it has no double precision"
    return failure
