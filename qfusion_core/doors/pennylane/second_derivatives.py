"""Products that somebody differentiates again are refused: they would be taken for constants."""

from __future__ import annotations

import sys

import torch
from pennylane.devices import ExecutionConfig
from pennylane.exceptions import QuantumFunctionError

_REFUSAL = (
    "qfusion: a second derivative of the device's own gradient is not supported; use "
    'diff_method="parameter-shift" and max_diff=2 in the QNode, and rows one by one'
)


def refuse_second_derivatives(config: ExecutionConfig | None) -> None:
    """Refuse, if the product that is made now is itself part of something differentiated.

    Raises:
        QuantumFunctionError: It is.
    """
    interface = "" if config is None else str(getattr(config.interface, "value", config.interface))
    if interface == "torch" and torch.is_grad_enabled():  # off, but for create_graph=True
        raise QuantumFunctionError(_REFUSAL)
    if interface == "autograd" and _autograd_traces():
        raise QuantumFunctionError(_REFUSAL)


def _autograd_traces() -> bool:
    """Whether a function is being traced: a product that is made on the way back is not.

    Autograd's own count of traces is one too high for ever after an error in a traced function.
    """
    tracer = sys.modules.get("autograd.tracer")
    if tracer is None:
        return False
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code is tracer.trace.__code__:
            return True
    return False
