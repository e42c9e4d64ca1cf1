"""Angles and expectation values keep their digits, whatever is set for the network around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_EXACT = "highest"


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Inside, torch computes in the precision of the tensors.

    Autocast is off, on the CPU, too, and single precision is not shortened in products of matrices
    (``torch.set_float32_matmul_precision``).

    Args:
        device: Where the tensors are; one that torch has no autocast for is as good.
    """
    import torch

    with ExitStack() as stack:
        for kind in {device.type, "cpu"}:
            if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if (before := torch.get_float32_matmul_precision()) != _EXACT:
            torch.set_float32_matmul_precision(_EXACT)
            stack.callback(torch.set_float32_matmul_precision, before)
        yield
