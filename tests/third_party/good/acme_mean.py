"""The mean of all tokens of both branches, side by side."""

from typing import ClassVar

import torch

import qfusion_core


class Mean(qfusion_core.Fusion):
    name: ClassVar[str] = "acme-mean"

    def __init__(self, options, *, classical_shape, quantum_shape):
        super().__init__(options, classical_shape=classical_shape, quantum_shape=quantum_shape)
        self.out_dim = classical_shape[1] + quantum_shape[1]

    def forward(self, classical, quantum):
        joined = torch.cat([classical.mean(1), quantum.mean(1)], dim=1)
        return qfusion_core.FusionOutput(joined)
