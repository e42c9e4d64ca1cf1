"""Classical features and quantum tokens to logits: what a training needs of a model."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from qfusion_core.errors import QfusionError
from qfusion_core.interfaces.device import Device
from qfusion_core.interfaces.encoders import ClassicalEncoder, QuantumEncoder
from qfusion_core.interfaces.fusion import Fusion, FusionOutput
from qfusion_core.model.circuit_encoder import CircuitEncoder


class TokenClassifier(nn.Module, ABC):
    """A head classifies what a fusion joins; a subclass says where the quantum tokens come from.

    Attributes:
        classical: Classical encoder.
        quantum: What learns at the rate of a circuit; None where nothing does.
        fusion: None where there are no quantum tokens.
        head: Joined features to logits.
    """

    classical: ClassicalEncoder
    quantum: QuantumEncoder | None
    fusion: Fusion | None
    head: nn.Module

    @property
    def device(self) -> Device | None:
        """What runs the circuit; None where there is no circuit or nothing is attached."""
        return self.quantum.device if isinstance(self.quantum, CircuitEncoder) else None

    @property
    def torch_device(self) -> torch.device:
        """Where the weights of the head are, and everything else after ``model.to(...)``."""
        return next(self.head.parameters()).device

    @abstractmethod
    def tokens(self, x_q: Tensor) -> Tensor | None:
        """Quantum tokens ``[batch, q_tokens, q_dim]``, or None where there is no quantum branch."""

    def fuse(self, x_c: Tensor, tokens: Tensor | None) -> FusionOutput:
        """Joined features ``[batch * members, out_dim]`` of the classical branch and tokens."""
        classical = self.classical(x_c)
        if self.fusion is None or tokens is None:
            return FusionOutput(classical.flatten(1))
        output: FusionOutput = self.fusion(
            classical, tokens.repeat_interleave(self.classical.members, dim=0)
        )
        features = getattr(output, "features", output)
        expected, got = [len(classical), self.fusion.out_dim], list(getattr(features, "shape", []))
        if features is output or got != expected:
            raise QfusionError(
                f"fusion {self.fusion.name!r}: expected FusionOutput(features {expected}) (rows, "
                f"out_dim) from forward, got {type(output).__name__} with {got}; this is a fault "
                "of the fusion's plugin"
            )
        return output

    def member_logits(self, x_c: Tensor, tokens: Tensor | None) -> Float[Tensor, "batch k classes"]:
        """Logits of each member; the loss is the mean over members."""
        features = self.fuse(x_c, tokens).features
        logits: Tensor = self.head(features.unflatten(0, (-1, self.classical.members)))
        return logits

    def classify(self, x_c: Tensor, tokens: Tensor | None) -> Float[Tensor, "batch classes"]:
        """Logits from given tokens: the logarithm of the members' mean probabilities."""
        return member_mean(self.member_logits(x_c, tokens))

    def forward(self, x_c: Tensor, x_q: Tensor) -> Float[Tensor, "batch classes"]:
        """Logits of each sample."""
        return self.classify(x_c, self.tokens(x_q))


class FusionHead(TokenClassifier):
    """Fusion and head of a model on tokens that are known, to be trained by themselves.

    They are the model's own: what they learn, it has learnt. Its classical encoder stays as it is,
    and no circuit is run.

    Args:
        model: Whose fusion and head they are.
    """

    def __init__(self, model: TokenClassifier) -> None:
        super().__init__()
        self.classical = FrozenEncoder(model.classical)
        self.quantum = None
        self.fusion, self.head = model.fusion, model.head

    def tokens(self, x_q: Tensor) -> Tensor:
        """The tokens ``[batch, q_tokens, q_dim]`` themselves."""
        return x_q


class FrozenEncoder(ClassicalEncoder):
    """A classical encoder that neither learns nor drops anything out."""

    name = "frozen"

    def __init__(self, encoder: ClassicalEncoder) -> None:
        nn.Module.__init__(self)
        self.encoder = encoder
        self.output_shape, self.members = encoder.output_shape, encoder.members
        self.train(False)

    def train(self, mode: bool = True) -> FrozenEncoder:
        """Stays in evaluation mode."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Features ``[batch * members, c_tokens, c_dim]``."""
        features: Tensor = self.encoder(x)
        return features


def member_mean(logits: Float[Tensor, "batch k classes"]) -> Float[Tensor, "batch classes"]:
    """Logits of the mean of the members' softmaxes; a single member's are kept as they are."""
    if logits.shape[1] == 1:
        return logits.squeeze(1)
    return torch.logsumexp(logits.log_softmax(-1), dim=1) - math.log(logits.shape[1])
