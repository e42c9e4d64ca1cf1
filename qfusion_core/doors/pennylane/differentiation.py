"""Whether what runs now is differentiated, and products that somebody differentiates again.

Those are refused: they would be taken for constants.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from pennylane.devices import ExecutionConfig
from pennylane.exceptions import QuantumFunctionError

_REFUSAL = (
    "qfusion: a second derivative of the device's own gradient is not supported; use "
    'diff_method="parameter-shift" and max_diff=2 in the QNode, and rows one by one'
)


_GRADIENTS_ON = "qfusion_gradients_on"


def with_gradient_mode(config: ExecutionConfig) -> ExecutionConfig:
    """Notes whether torch keeps track: within PennyLane's own function it never does."""
    on = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    return replace(config, device_options={**config.device_options, _GRADIENTS_ON: on})


def is_differentiated(config: ExecutionConfig) -> bool:
    """Whether derivatives of a forward pass can be asked for: that of a trainable QNode."""
    interface = _interface(config)
    if interface == "torch":
        return bool(config.device_options.get(_GRADIENTS_ON, True))
    if interface == "autograd":
        return _autograd_traces()
    return interface != "numpy" and config.gradient_method is not None


@contextmanager
def plain_torch() -> Iterator[None]:
    """Tensors on the CPU that may be kept, whatever the user's torch is set to."""
    with torch.inference_mode(False), torch.no_grad(), torch.device("cpu"):
        yield


def refuse_second_derivatives(config: ExecutionConfig | None) -> None:
    """Refuse, if the product that is made now is itself part of something differentiated.

    Raises:
        QuantumFunctionError: It is.
    """
    interface = "" if config is None else _interface(config)
    if interface == "torch" and torch.is_grad_enabled():  # off, but for create_graph=True
        raise QuantumFunctionError(_REFUSAL)
    if interface == "autograd" and _autograd_traces():
        raise QuantumFunctionError(_REFUSAL)


def _interface(config: ExecutionConfig) -> str:
    return str(getattr(config.interface, "value", config.interface))


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
