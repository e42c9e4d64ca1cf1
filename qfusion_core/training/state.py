"""A training between two epochs: what the next one depends on, and what has been."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Generic

import torch
from torch import Tensor
from typing_extensions import TypeVar

from qfusion_core.config.spec import Training
from qfusion_core.model.token_classifier import TokenClassifier
from qfusion_core.training.optimizer import adamw, schedule

Model = TypeVar("Model", bound=TokenClassifier)
Model_co = TypeVar("Model_co", bound=TokenClassifier, default=TokenClassifier, covariant=True)


@dataclass(frozen=True)
class Epoch:
    """One line of the history."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_macro_f1: float
    validation_accuracy: float
    score: float


@dataclass(repr=False)
class TrainingState(Generic[Model_co]):
    """Everything that the next epoch depends on.

    Attributes:
        best: Weights of the epoch with the best validation score.
        history: One entry for each finished epoch.
    """

    model: Model_co
    optimizer: torch.optim.AdamW
    schedule: torch.optim.lr_scheduler.LambdaLR
    best: dict[str, Tensor]
    history: list[Epoch] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history)

    def __repr__(self) -> str:
        best = self.best_epoch
        return f"TrainingState(epoch={self.epoch}, best={'none' if best is None else best.epoch})"

    @property
    def best_epoch(self) -> Epoch | None:
        """The epoch with the best validation score; the first of equals."""
        return max(self.history, key=lambda e: (e.score, -e.epoch), default=None)

    def finished(self, options: Training) -> bool:
        """Whether the epochs or the patience are used up."""
        done = len(self.history)
        best = self.best_epoch
        return done >= options.epochs or (best is not None and done - best.epoch > options.patience)


def start(model: Model, options: Training, train_rows: int) -> TrainingState[Model]:
    """A fresh state for a model: optimizer and schedule by the options."""
    optimizer = adamw(model, options)
    steps = math.ceil(train_rows / options.batch_size)
    return TrainingState(model, optimizer, schedule(optimizer, options, steps), best={})


def as_json(epoch: Epoch) -> dict[str, Any]:
    """An epoch as plain JSON."""
    return asdict(epoch)
