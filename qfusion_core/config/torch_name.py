"""Names of torch devices: what can be said of one before torch is imported, which takes seconds."""

from __future__ import annotations

import re
import sys
from importlib.metadata import entry_points
from typing import Any

from qfusion_core.errors import InputError
from qfusion_core.printable import one_line

AUTO = "auto"
TORCH_TYPES = frozenset({
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia",
    "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
})  # fmt: skip
_NAME = re.compile(r"([a-z0-9_]+)(?::(0|[1-9][0-9]{0,2}))?")
_LARGEST = 127  # torch keeps the number in a byte, and takes cuda:256 for cuda:0


def require_torch_name(value: Any) -> None:
    """Refuse what no torch calls a device; whether it is here is for torch to say.

    Args:
        value: What was given: a name, ``auto``, or a ``torch.device``.

    Raises:
        InputError: It is no name of a torch device.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.device):
        return
    found = _NAME.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[2] or 0) > _LARGEST:
        raise unknown_torch_device(value)
    if value != AUTO and found[1] not in TORCH_TYPES and not _may_be_added():
        raise unknown_torch_device(value)


def unknown_torch_device(value: object) -> InputError:
    """The error about what is no name of a torch device."""
    return InputError(
        f"torch device: expected cpu, cuda, cuda:N or auto, got {one_line(repr(value), 40)}"
    )


def _may_be_added() -> bool:
    """Whether there may be types that torch does not have by itself.

    Torch that is there knows them; where it is not yet, so may packages that it imports with it.
    """
    return "torch" in sys.modules or bool(entry_points(group="torch.backends"))
