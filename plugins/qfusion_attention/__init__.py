"""Plugin: fusion by attention."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_fusions() -> dict[str, Offer]:
    """`cross-attention`."""
    return {
        "cross-attention": Offer(
            "qfusion_attention.cross_attention:CrossAttention",
            "qfusion_attention.options:CrossAttentionOptions",
        ),
    }
