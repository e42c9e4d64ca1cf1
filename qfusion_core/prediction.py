"""Running a trained model over many rows, a bounded number at a time."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from qfusion_core.circuit_encoder import CircuitEncoder
from qfusion_core.model import FusionClassifier

CHUNK = 1024


@torch.no_grad()
def quantum_tokens(model: FusionClassifier, x_q: Tensor) -> Tensor | None:
    """Tokens of all rows ``[rows, q_tokens, q_dim]``; None where there is no quantum branch."""
    model.eval()
    # a remote device splits by itself: all rows in one call wait for its queue once
    device = model.device
    size = CHUNK if device is None else device.rows_per_call or max(1, len(x_q))
    chunks = [model.tokens(chunk) for chunk in x_q.split(size)]
    return None if chunks[0] is None else torch.cat([c for c in chunks if c is not None])


@torch.no_grad()
def expectation_values(encoder: CircuitEncoder, x_q: Tensor) -> Float[Tensor, "rows n_observables"]:
    """Expectation values of all rows, before z-score and layout."""
    size = encoder.device.rows_per_call or max(1, len(x_q))
    return torch.cat([encoder.expectations(chunk) for chunk in x_q.split(size)])


@torch.no_grad()
def logits_in_chunks(
    model: FusionClassifier, x_c: Tensor, x_q: Tensor
) -> Float[Tensor, "rows classes"]:
    """Logits of preprocessed rows, in evaluation mode."""
    return logits_from_tokens(model, x_c, quantum_tokens(model, x_q))


@torch.no_grad()
def logits_from_tokens(
    model: FusionClassifier, x_c: Tensor, tokens: Tensor | None
) -> Float[Tensor, "rows classes"]:
    """Logits of rows whose tokens are known already: no circuit is run."""
    model.eval()
    parts = x_c.split(CHUNK)
    given = [None] * len(parts) if tokens is None else tokens.split(CHUNK)
    return torch.cat([model.classify(*pair) for pair in zip(parts, given, strict=True)])
