"""What a call costs whatever it computes: a circuit of one gate, less what autograd takes."""

from __future__ import annotations

from typing import Any

import torch
from peers.peer import Peer
from peers.with_torch import TorchPeer
from timing.summary import Summary, summarise
from torch import Tensor

from limits.arithmetic import per_call
from qfusion_core import Angle, Circuit, Gate, Term

TINY = Circuit(1, (Gate("RY", (0,), Angle((Term("data", 0, 1.0),))),), n_data=1, n_weights=1)
WORDS = ("Z",)


class _Empty(torch.autograd.Function):
    """Same arguments and shapes, nothing computed."""

    @staticmethod
    def forward(ctx: Any, data: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(data, weights)
        return data.new_empty(len(data), 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        data, weights = ctx.saved_tensors
        return torch.empty_like(data), torch.empty_like(weights)


class Empty(TorchPeer):
    """Autograd and the loss alone."""

    def __init__(self) -> None:
        pass

    def expectations(self, data: Tensor, weights: Tensor) -> Tensor:
        """See `TorchPeer`."""
        # torch does not annotate it
        values: Tensor = _Empty.apply(data, weights)  # type: ignore[no-untyped-call]
        return values


def fixed_cost(adapter: type[Peer], rounds: int) -> tuple[Summary, Summary]:
    """Of a forward and backward pass.

    Args:
        adapter: Of the simulator.
        rounds: Turns of each of the two, one after the other.

    Returns:
        Seconds beyond autograd and the loss; seconds of these.
    """
    peer, empty = adapter(TINY, WORDS, "float32"), Empty()
    inputs = (torch.full((1, 1), 0.3), torch.full((1,), 0.2), torch.ones(1, 1))
    whole, alone = [], []
    for turn in range(rounds + 1):
        one, other = per_call(lambda: peer.step(*inputs)), per_call(lambda: empty.step(*inputs))
        if turn:  # the first warms up
            whole.append(one)
            alone.append(other)
    extra = [one - other for one, other in zip(whole, alone, strict=True)]
    return summarise(extra), summarise(alone)
