"""Plugin: any installed PennyLane device."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_devices() -> dict[str, Offer]:
    """The device `pennylane`."""
    return {
        "pennylane": Offer(
            "qfusion_pennylane.device:PennyLane", "qfusion_pennylane.options:PennyLaneOptions"
        ),
    }
