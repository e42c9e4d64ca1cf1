"""Plugin: the stock encoders of both branches."""

from __future__ import annotations

import qfusion_core
from qfusion_core import Offer


@qfusion_core.hookimpl
def qfusion_classical_encoders() -> dict[str, Offer]:
    """`mlp`, `conv` and `identity`."""
    return {
        "mlp": Offer("qfusion_encoders.mlp:MLP", "qfusion_encoders.options:MLPOptions"),
        "conv": Offer("qfusion_encoders.conv:Conv", "qfusion_encoders.options:ConvOptions"),
        "identity": Offer(
            "qfusion_encoders.identity:Identity", "qfusion_encoders.options:IdentityOptions"
        ),
    }


@qfusion_core.hookimpl
def qfusion_quantum_encoders() -> dict[str, Offer]:
    """`hardware-efficient`, `reuploading` and the control `sham`."""
    return {
        "hardware-efficient": Offer(
            "qfusion_encoders.hardware_efficient:HardwareEfficient",
            "qfusion_encoders.options:HardwareEfficientOptions",
        ),
        "reuploading": Offer(
            "qfusion_encoders.reuploading:Reuploading",
            "qfusion_encoders.options:ReuploadingOptions",
        ),
        "sham": Offer("qfusion_encoders.sham:Sham", "qfusion_encoders.options:ShamOptions"),
    }
