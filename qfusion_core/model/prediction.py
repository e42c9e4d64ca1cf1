"""Running a trained model over many rows, a bounded number at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from qfusion_core.data.finite_rows import finite_rows
from qfusion_core.errors import InputError
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.model.token_classifier import TokenClassifier
from qfusion_core.printable import shown_path

CHUNK = 1024


@torch.no_grad()
def quantum_tokens(model: TokenClassifier, x_q: Tensor) -> Tensor | None:
    """Tokens of all rows ``[rows, q_tokens, q_dim]``; None where there is no quantum branch."""
    model.eval()
    # a remote device splits by itself: all rows in one call wait for its queue once
    device = model.device
    parts = x_q.split(CHUNK) if device is None else device.split_rows(x_q)
    chunks = [model.tokens(part) for part in parts]
    return None if chunks[0] is None else torch.cat([c for c in chunks if c is not None])


@torch.no_grad()
def expectation_values(encoder: CircuitEncoder, x_q: Tensor) -> Float[Tensor, "rows n_observables"]:
    """Expectation values of all rows, before z-score and layout."""
    return torch.cat([encoder.expectations(part) for part in encoder.device.split_rows(x_q)])


def typical_errors(model: TokenClassifier, x_q: Tensor) -> dict[str, float]:
    """Root mean square over rows of the standard error of each word; nothing where not known."""
    encoder = model.quantum
    if not isinstance(encoder, CircuitEncoder):
        return {}
    errors = [encoder.standard_errors(chunk) for chunk in x_q.split(CHUNK)]
    known = [each for each in errors if each is not None]
    if not known:
        return {}
    rms = torch.cat(known).square().mean(0).sqrt().tolist()
    return dict(zip(encoder.observables, rms, strict=True))


@torch.no_grad()
def logits_in_chunks(
    model: TokenClassifier, x_c: Tensor, x_q: Tensor
) -> Float[Tensor, "rows classes"]:
    """Logits of preprocessed rows, in evaluation mode, on the CPU."""
    return logits_from_tokens(model, x_c, quantum_tokens(model, x_q))


@torch.no_grad()
def logits_from_tokens(
    model: TokenClassifier, x_c: Tensor, tokens: Tensor | None
) -> Float[Tensor, "rows classes"]:
    """Logits of rows whose tokens are known already, on the CPU: no circuit is run."""
    model.eval()
    parts = x_c.split(CHUNK)
    given = [None] * len(parts) if tokens is None else tokens.split(CHUNK)
    return torch.cat([model.classify(*pair) for pair in zip(parts, given, strict=True)]).cpu()


def require_usable_rows(
    values: Float[Tensor, "rows ..."], numbers: NDArray[np.int64], path: str | Path, why: str
) -> None:
    """Refuse rows of a file that no class can be given.

    Args:
        values: One entry or more for each row.
        numbers: Of the rows in the file, from 1.
        path: Of the file.
        why: What it means if an entry is not finite.

    Raises:
        InputError: Names the rows: the first ten, and how many there are.
    """
    bad = ~finite_rows(values).cpu().numpy()
    if bad.any():
        rows = numbers[bad]
        first = ", ".join(map(str, rows[:10].tolist())) + (", ..." if len(rows) > 10 else "")
        raise InputError(
            f"{shown_path(path)}: no class for {len(rows)} of {len(bad)} rows ({why}): data row "
            f"{first}; look for fill values in them, mend or remove them"
        )
