"""How the shot noise of words that are read together goes together.

Words of one measurement setting are read from the same shots: the covariance of two of them is
``<AB> - <A><B>`` over the shots, and ``AB`` is a word, too. Where it was measured, its value is
taken; else that of the exact circuit, weakened as the measured words are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.circuits.pauli_words import commuting_groups
from qfusion_core.surrogate.degrees import wires_of

MOST_TEMPLATES = 128  # rows whose covariances are worked out; others take those of one of these
_LEAST_VARIANCE = 1e-9

Exact = Callable[[Tensor, Sequence[str]], Tensor]


class Joint(NamedTuple):
    """Shot noise of rows.

    Attributes:
        spread: Standard deviations ``[rows, n_words]``.
        factors: ``[templates, n_words, n_words]``: times independent normal numbers, noise of unit
            variance that goes together as the words do.
        templates: ``[rows]``: which of them a row takes.
        constant: ``[n_words]``: words without letters, which have no noise.
    """

    spread: Tensor
    factors: Tensor
    templates: Tensor
    constant: Tensor

    def draw(self, times: int, generator: torch.Generator) -> Tensor:
        """Noise ``[times, rows, n_words]``."""
        rows, words = self.spread.shape
        noise = torch.empty(times, rows, words, dtype=self.spread.dtype)
        for number, factor in enumerate(self.factors):
            chosen = (self.templates == number).nonzero().flatten()
            drawn = torch.randn(
                times, len(chosen), words, dtype=self.spread.dtype, generator=generator
            )
            noise[:, chosen] = drawn @ factor.T
        return noise * self.spread


def joint_shots(
    circuit: Circuit,
    words: Sequence[str],
    data: Tensor,
    values: Tensor,
    variance: Tensor,
    exact: Exact,
    seed: int,
) -> Joint:
    """What is known of the shot noise of a job.

    Args:
        circuit: What was run.
        words: What was measured.
        data: Rows ``[rows, n_data]``.
        values: Measured ``[rows, n_words]``, float64.
        variance: Of each, from the shots.
        exact: Values of words at data, on an exact device.
        seed: Of the choice of rows.
    """
    rows, random = len(data), np.random.default_rng([seed, 2])
    chosen = np.arange(rows)
    templates = torch.arange(rows)
    if rows > MOST_TEMPLATES:
        chosen = np.sort(random.choice(rows, MOST_TEMPLATES, replace=False))
        templates = torch.from_numpy(random.integers(MOST_TEMPLATES, size=rows))
        templates[torch.from_numpy(chosen)] = torch.arange(MOST_TEMPLATES)
    at, measured = data[torch.from_numpy(chosen)], values[torch.from_numpy(chosen)].clamp(-1, 1)
    correlation = _correlations(circuit, words, at, measured, exact)
    weights, vectors = torch.linalg.eigh(correlation)
    factors = vectors * weights.clamp_min(0).sqrt().unsqueeze(-2)
    norm = factors.square().sum(-1, keepdim=True).clamp_min(_LEAST_VARIANCE).sqrt()
    constant = torch.tensor([set(word) <= {"I"} for word in words])
    return Joint(variance.sqrt().masked_fill(constant, 0), factors / norm, templates, constant)


def _correlations(
    circuit: Circuit, words: Sequence[str], data: Tensor, values: Tensor, exact: Exact
) -> Tensor:
    """``[rows, n_words, n_words]``."""
    pairs = _pairs(circuit, words)
    found = torch.eye(len(words), dtype=torch.float64).repeat(len(data), 1, 1)
    if not pairs:
        return found
    products = {pair: _product(words[pair[0]], words[pair[1]]) for pair in pairs}
    known = {word: values[:, number] for number, word in enumerate(words)}
    unknown = sorted(set(products.values()) - set(known))
    if unknown:
        beside = exact(data, [*words, *unknown])
        true = beside[:, : len(words)]
        weakened = (values * true).sum() / true.square().sum().clamp_min(_LEAST_VARIANCE)
        for number, word in enumerate(unknown, start=len(words)):
            known[word] = beside[:, number] * weakened.clamp(0, 1)
    scale = (1 - values.square()).clamp_min(_LEAST_VARIANCE).sqrt()
    for (a, b), word in products.items():
        covariance = known[word] - values[:, a] * values[:, b]
        found[:, a, b] = found[:, b, a] = (covariance / (scale[:, a] * scale[:, b])).clamp(-1, 1)
    return found


def _pairs(circuit: Circuit, words: Sequence[str]) -> list[tuple[int, int]]:
    """Words that are read together and see a common wire: others are independent."""
    reached = wires_of(circuit, words)
    return [
        (a, b)
        for _, members in commuting_groups(words)
        for position, a in enumerate(members)
        for b in members[position + 1 :]
        if reached[a] & reached[b]
    ]


def _product(a: str, b: str) -> str:
    """Of two words that agree wherever both have a letter.

    >>> _product("ZZI", "IZZ")
    'ZIZ'
    """
    return "".join("I" if p == q else (q if p == "I" else p) for p, q in zip(a, b, strict=True))
