"""Plugin: IBM's machines, and snapshots of them that run here."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_devices() -> dict[str, Offer]:
    """The device `ibm`."""
    return {
        "ibm": Offer("qfusion_ibm.device:IBM", "qfusion_ibm.options:Options"),
    }
