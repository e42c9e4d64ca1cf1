"""Plugin: the stock encoders of both branches."""

from __future__ import annotations

import qfusion_core


@qfusion_core.hookimpl
def qfusion_classical_encoders() -> list[type]:
    """`mlp`, `conv` and `identity`."""
    from qfusion_encoders.conv import Conv
    from qfusion_encoders.identity import Identity
    from qfusion_encoders.mlp import MLP

    return [MLP, Conv, Identity]


@qfusion_core.hookimpl
def qfusion_quantum_encoders() -> list[type]:
    """`hardware-efficient`, `reuploading` and the control `sham`."""
    from qfusion_encoders.hardware_efficient import HardwareEfficient
    from qfusion_encoders.reuploading import Reuploading
    from qfusion_encoders.sham import Sham

    return [HardwareEfficient, Reuploading, Sham]
