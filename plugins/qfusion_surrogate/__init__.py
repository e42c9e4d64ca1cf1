"""Plugin: a backend's values from what was measured once."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_devices() -> dict[str, Offer]:
    """The device `surrogate`."""
    return {
        "surrogate": Offer(
            "qfusion_surrogate.device:SurrogateDevice",
            "qfusion_surrogate.options:SurrogateOptions",
        ),
    }
