"""Plugin: fusion by attention."""

from __future__ import annotations

import qfusion_core


@qfusion_core.hookimpl
def qfusion_fusions() -> list[type]:
    """`cross-attention`."""
    from qfusion_attention.cross_attention import CrossAttention

    return [CrossAttention]
