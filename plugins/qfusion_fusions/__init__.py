"""Plugin: fusion operators without attention."""

from __future__ import annotations

import qfusion_core


@qfusion_core.hookimpl
def qfusion_fusions() -> list[type]:
    """`concat`."""
    from qfusion_fusions.concat import Concat

    return [Concat]
