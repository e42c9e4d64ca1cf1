"""Plugin: fusion operators without attention."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_fusions() -> dict[str, Offer]:
    """`concat`."""
    return {
        "concat": Offer("qfusion_fusions.concat:Concat", "qfusion_fusions.options:ConcatOptions"),
    }
