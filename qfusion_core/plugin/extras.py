"""Packages that a device needs besides qfusion, and the extras that bring them. Imports none."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

if TYPE_CHECKING:
    from qfusion_core.interfaces.device import Device
    from qfusion_core.options import Options
    from qfusion_core.plugin.registry import Registry


def installed_version(package: str) -> str | None:
    """None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def how_to_install(package: str, distribution: str, device: str) -> str:
    """``pip install "distribution[extra]"``, or the package itself where no extra brings it.

    Args:
        package: That a device needs.
        distribution: That has the device.
        device: Its name.
    """
    return f'pip install "{_extra(distribution, package, device) or package}"'


def missing(device: type[Device], options: Options, registry: Registry) -> str | None:
    """How to install what a device needs with some options; None where it is there."""
    plugin = registry.provider("device", device.name)
    absent = [package for package in device.packages(options) if installed_version(package) is None]
    if not absent or plugin is None:
        return None
    return how_to_install(canonical(absent[0]), plugin.distribution, device.name)


def _extra(distribution: str, package: str, device: str) -> str | None:
    """Of the extras that bring it that of the device's name, else the least; None: none does."""
    brings: dict[str, set[str]] = {}
    for line in requires(distribution) or ():
        needed = Requirement(line)
        _, of_an_extra, extra = str(needed.marker).partition("extra == ")
        if of_an_extra:
            brings.setdefault(extra.strip("\"'"), set()).add(canonical(needed.name))
    those = [extra for extra, packages in brings.items() if package in packages]
    best = min(those, key=lambda extra: (extra != device, len(brings[extra])), default=None)
    return None if best is None else f"{distribution}[{best}]"
