"""Plugin: Amazon Braket, from simulators on this machine to QPUs."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_devices() -> dict[str, Offer]:
    """The device `braket`."""
    return {
        "braket": Offer("qfusion_braket.device:Braket", "qfusion_braket.options:Options"),
    }
