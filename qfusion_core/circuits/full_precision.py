"""Angles and expectation values keep their digits, whatever autocast does around them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def full_precision(device: torch.device) -> AbstractContextManager[Any]:
    """Autocast off: it would compute in half precision what is promised in single or double.

    Args:
        device: Where the tensors are; one that torch has no autocast for is as good.
    """
    import torch

    kind = device.type
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        return torch.autocast(kind, enabled=False)
    return nullcontext()
