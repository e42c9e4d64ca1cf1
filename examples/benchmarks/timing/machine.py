"""Where and with what something was measured."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from qfusion_core.provenance import provenance

TIMED = (
    "numba", "jax", "jaxlib", "pyqtorch", "deepquantum", "tensorcircuit-ng", "qulacs",
)  # fmt: skip


def machine(core: int | None = None) -> dict[str, Any]:
    """`provenance`, with the versions of what is timed, the processor and the core used."""
    found = provenance()
    versions = dict(found["versions"])  # type: ignore[call-overload]
    for package in TIMED:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"versions": versions, "processor": processor(), "core": core}


def processor() -> str:
    """The processor's name."""
    listing = Path("/proc/cpuinfo")
    for line in listing.read_text().splitlines() if listing.exists() else []:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
