"""Plugin: IBM's machines, and snapshots of them that run here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qfusion_core
from qfusion_core import Offer

if TYPE_CHECKING:
    from qfusion_ibm.qfusion_estimator import QfusionEstimator as QfusionEstimator


@qfusion_core.hookimpl
def qfusion_devices() -> dict[str, Offer]:
    """The device `ibm`."""
    return {
        "ibm": Offer("qfusion_ibm.device:IBM", "qfusion_ibm.options:Options"),
    }


def __getattr__(name: str) -> Any:
    """`QfusionEstimator`, which needs Qiskit, is loaded when it is asked for."""
    if name == "QfusionEstimator":
        from qfusion_ibm.qfusion_estimator import QfusionEstimator

        return QfusionEstimator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
