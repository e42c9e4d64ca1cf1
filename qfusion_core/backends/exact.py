"""The exact backend that another one is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.errors import InputError
from qfusion_core.plugin.registry import Registry

if TYPE_CHECKING:
    from qfusion_core.interfaces.device import Device


def open_exact(
    backends: Backends,
    registry: Registry,
    name: str | None,
    *,
    besides: str,
    how: str = "name an exact one as reference",
) -> tuple[str, Device]:
    """Name and device of the exact backend that another one is compared with.

    Args:
        backends: The file.
        registry: Where devices are looked up.
        name: In the file; None for its default.
        besides: The backend that is compared with it.
        how: What to do about one that cannot be taken, for errors.

    Raises:
        InputError: It samples, has noise, is a surrogate, or is the very backend.
    """
    name = name or backends.default
    device = open_named(backends, name, registry)
    if reason := inexact(device) or ("is the backend itself" if name == besides else ""):
        raise InputError(f"backend {name!r} {reason} and cannot be the reference; {how}")
    return name, device


def inexact(device: Device) -> str:
    """Why a device's values are not exact, for errors; nothing where they are."""
    if device.stored:
        return "holds what another one gave"
    if device.shots is not None:
        return f"samples ({device.shots} shots)"
    return "" if device.noise_model() is None else "has noise"
