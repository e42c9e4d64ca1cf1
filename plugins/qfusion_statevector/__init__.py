"""Plugin: the exact state-vector simulator."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_devices() -> dict[str, Offer]:
    """The device `statevector`."""
    return {
        "statevector": Offer(
            "qfusion_statevector.device:Statevector",
            "qfusion_statevector.options:StatevectorOptions",
        ),
    }
