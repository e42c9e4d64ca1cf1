"""AdamW with two rates; warm-up and cosine."""

from __future__ import annotations

import math
from typing import Any

import torch

from qfusion_core.config.spec import Training
from qfusion_core.model.token_classifier import TokenClassifier


def adamw(model: TokenClassifier, options: Training) -> torch.optim.AdamW:
    """The optimizer of a model's weights."""
    # on the CPU always the same sums; elsewhere in torch's own way
    kernels = False if model.torch_device.type == "cpu" else None
    return torch.optim.AdamW(_groups(model, options), fused=kernels, foreach=kernels)


def schedule(
    optimizer: torch.optim.AdamW, options: Training, steps: int
) -> torch.optim.lr_scheduler.LambdaLR:
    """Its rates over the training: linear at first, then half a cosine to zero.

    Args:
        optimizer: From `adamw`.
        options: How to train.
        steps: Batches of each epoch.
    """
    warm, total = options.warmup_epochs * steps, options.epochs * steps

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / (warm + 1)
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def _groups(model: TokenClassifier, options: Training) -> list[dict[str, Any]]:
    """The quantum encoder learns at its own rate without decay; vectors are not decayed either."""
    quantum = list(model.quantum.parameters()) if model.quantum else []
    own = {id(parameter) for parameter in quantum}
    rest = [p for p in model.parameters() if id(p) not in own]
    groups = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": options.weight_decay},
        {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0},
    ]
    for group in groups:
        group["lr"] = options.learning_rate
    groups.append({"params": quantum, "weight_decay": 0.0, "lr": options.quantum_learning_rate})
    return [group for group in groups if group["params"]]
