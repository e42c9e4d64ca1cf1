"""Peers that are differentiated by torch's autograd."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from peers.peer import Array, Pass, Peer


class TorchPeer(Peer):
    """Adapters of libraries in torch write `expectations`."""

    @abstractmethod
    def expectations(self, data: Tensor, weights: Tensor) -> Tensor:
        """``data [batch, n_data]``, ``weights [n_weights]`` to ``[batch, n_observables]``."""

    def place(self, array: Array) -> Tensor:
        """See `Peer`."""
        return torch.from_numpy(array)

    def step(self, data: Tensor, weights: Tensor, cotangent: Tensor) -> Pass:
        """See `Peer`."""
        data = data.detach().requires_grad_()
        weights = weights.detach().requires_grad_()
        values = self.expectations(data, weights)
        (values * cotangent).sum().backward()
        return Pass(values.detach(), data.grad, weights.grad)


def complex_dtype(dtype: str) -> torch.dtype:
    """Of the state: complex64 for float32, complex128 for float64."""
    return getattr(torch, dtype).to_complex()
