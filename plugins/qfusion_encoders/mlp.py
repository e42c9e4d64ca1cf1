"""A multilayer perceptron for tables, with the two ingredients that strong tabular models share."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import ClassVar

import torch
from jaxtyping import Float
from rtdl_num_embeddings import PeriodicEmbeddings
from tabm import EnsembleView, LinearBatchEnsemble
from torch import Tensor, nn

from qfusion_core import ClassicalEncoder, InputError
from qfusion_encoders.options import MLPOptions


class MLP(ClassicalEncoder):
    """Linear layers with ReLU; periodic embeddings and an ensemble of members are options.

    Periodic embeddings (PLR): Gorishniy et al., "On Embeddings for Numerical Features in Tabular
    Deep Learning", arXiv 2203.05556. Members: BatchEnsemble as in TabM, arXiv 2410.24210: k
    perceptrons that share their matrices and differ by scales and biases, trained at once.
    """

    name: ClassVar[str] = "mlp"
    Options = MLPOptions

    def __init__(self, options: MLPOptions, *, input_shape: tuple[int, ...]) -> None:
        super().__init__(options, input_shape=input_shape)
        self.members = options.members
        self.output_shape = (1, options.dim)
        features = prod(input_shape)
        self.numeric = options.numeric or features
        if self.numeric > features:
            raise InputError(
                f"classical encoder 'mlp': numeric is {self.numeric}, but the input has {features} "
                f"columns; set numeric to {features} or less, or leave it out to embed all"
            )
        self.embedding: nn.Module | None = None
        chunks = [1] * features  # columns of the first layer's input that belong to one feature
        if options.embedding == "periodic":
            self.embedding = PeriodicEmbeddings(
                self.numeric,
                options.embedding_dim,
                n_frequencies=options.frequencies,
                frequency_init_scale=options.sigma,
                lite=False,
            )
            chunks = [options.embedding_dim] * self.numeric + [1] * (features - self.numeric)
        self.layers = _layers(options, chunks)

    def forward(self, x: Float[Tensor, "batch *input"]) -> Float[Tensor, "batch_members 1 dim"]:
        """One token per sample and member, sample-major."""
        x = x.flatten(1)
        if self.embedding is not None:
            numbers, rest = x[:, : self.numeric], x[:, self.numeric :]
            x = torch.cat([self.embedding(numbers).flatten(1), rest], dim=1)
        tokens: Tensor = self.layers(x).reshape(-1, *self.output_shape)
        return tokens


def _layers(options: MLPOptions, chunks: list[int]) -> nn.Sequential:
    """Linear, ReLU and dropout; no dropout after the last, which is the representation."""
    widths = [sum(chunks), *options.hidden, options.dim]
    layers: list[nn.Module] = [EnsembleView(k=options.members)] if options.members > 1 else []
    for position, (width, following) in enumerate(pairwise(widths)):
        if options.members == 1:
            layers.append(nn.Linear(width, following))
        else:
            # TabM's start: members differ in one random scale per input feature and nowhere else
            first = "normal" if options.embedding == "periodic" else "random-signs"
            layers.append(
                LinearBatchEnsemble(
                    width,
                    following,
                    k=options.members,
                    scaling_init=(first, "ones") if position == 0 else "ones",
                    first_scaling_init_chunks=chunks if position == 0 else None,
                )
            )
        layers += [nn.ReLU(), nn.Dropout(options.dropout)]
    return nn.Sequential(*layers[:-1])
