"""The fit loop: AdamW, warm-up and cosine, early stopping on the validation part.

The whole state of a training is one `TrainingState`, so that a run that was killed continues to
the same weights as one that was not (same machine, same number of threads).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qfusion_core.config.spec import Training
from qfusion_core.data.finite_rows import RowNotFinite, require_finite_rows
from qfusion_core.data.split import Part
from qfusion_core.errors import QfusionError
from qfusion_core.metrics.scores import scores
from qfusion_core.model.classifier import FusionClassifier
from qfusion_core.model.prediction import logits_in_chunks
from qfusion_core.model.token_classifier import TokenClassifier
from qfusion_core.noise.device import noisy_device, running_on
from qfusion_core.noise_parameters import Noise
from qfusion_core.training.hidden_levels import HiddenLevels
from qfusion_core.training.state import Epoch, TrainingState

_LOWER_RATES = "lower training.learning_rate or training.quantum_learning_rate"


class TrainingRows(NamedTuple):
    """Rows as the model takes them.

    Attributes:
        x_c: ``[rows, *input_shape]``.
        x_q: ``[rows, n_features]``; of a `FusionHead` the tokens ``[rows, q_tokens, q_dim]``.
        y: Class indices ``[rows]``.
        drawn: Gives both inputs of some rows, drawn anew; None where they are what they are.
    """

    x_c: Tensor
    x_q: Tensor
    y: NDArray[np.int64]
    drawn: Callable[[Tensor], tuple[Tensor, Tensor]] | None = None

    def inputs(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Of both branches."""
        if self.drawn is not None:
            return self.drawn(rows)
        return self.x_c[rows], self.x_q[rows]


def fit(
    state: TrainingState[FusionClassifier],
    train: Part,
    validation: Part,
    options: Training,
    *,
    noise: Noise | None = None,
    hidden: HiddenLevels | None = None,
    on_epoch: Callable[[TrainingState], None] = lambda state: None,
) -> None:
    """Train until the epochs or the patience are used up; the model ends with its best weights.

    Draws from torch's global random numbers: seed them first, or restore them to continue.

    Args:
        state: From `start`, or restored.
        train: The only rows that the weights see.
        validation: The rows that decide when to stop and which epoch is kept.
        options: How to train.
        noise: Injected into the training rows. Validation rows are judged exactly, so that the
            choice of an epoch does not hang on a draw, unless ``noise.validation``.
        hidden: Hides categories of the training rows now and then; None hides none.
        on_epoch: Called after each epoch: to save, to show.

    Raises:
        RowNotFinite: A row is to blame.
        QfusionError: The loss is no longer a number.
    """
    model, raw = state.model, torch.from_numpy(train.x)
    rows, held_out = (
        TrainingRows(*model.preprocess(torch.from_numpy(part.x)), part.y)
        for part in (train, validation)
    )
    if hidden:
        rows = rows._replace(drawn=lambda rows: model.preprocess(hidden.hide(raw[rows.cpu()])))
    for name, prepared in (("training", rows), ("validation", held_out)):
        require_finite_rows(name, "preprocessing", *prepared[:2])
    fit_prepared(state, rows, held_out, options, noise=noise, on_epoch=on_epoch)


def fit_prepared(
    state: TrainingState,
    train: TrainingRows,
    validation: TrainingRows,
    options: Training,
    *,
    noise: Noise | None = None,
    on_epoch: Callable[[TrainingState], None] = lambda state: None,
) -> None:
    """`fit` on rows that are preprocessed already."""
    model, targets = state.model, torch.from_numpy(train.y).to(train.x_c.device)
    loss = nn.CrossEntropyLoss(
        weight=class_weights(train.y, options.class_weight_power).to(train.x_c),
        label_smoothing=options.label_smoothing,
    )
    noisy = noisy_device(model, noise)
    while not state.finished(options):
        with running_on(model, noisy):
            train_loss = _one_epoch(state, train, targets, loss, options)
        with running_on(model, noisy if noise and noise.validation else None):
            state.history.append(
                _judge(model, validation[:2], validation.y, len(state.history) + 1, train_loss)
            )
        if state.best_epoch is state.history[-1]:
            state.best = deepcopy(model.state_dict())
        on_epoch(state)
    model.load_state_dict(state.best)
    model.eval()


def class_weights(y: NDArray[np.int64], power: float) -> Tensor:
    """``n_c^-power`` for each class, scaled so that the mean over the rows is 1."""
    counts = np.bincount(y).astype(float)
    weights = np.maximum(counts, 1) ** -power
    return torch.from_numpy(weights * len(y) / (weights * counts).sum())


def _one_epoch(
    state: TrainingState,
    train: TrainingRows,
    targets: Tensor,
    loss: nn.CrossEntropyLoss,
    options: Training,
) -> float:
    model = state.model
    model.train()
    total = 0.0
    for rows in _batches(len(targets), options.batch_size, targets.device):
        x_c, x_q = train.inputs(rows)
        logits = model.member_logits(x_c, model.tokens(x_q))
        value = loss(logits.flatten(0, 1), targets[rows].repeat_interleave(logits.shape[1]))
        state.optimizer.zero_grad(set_to_none=True)
        if not torch.isfinite(value):
            raise _not_finite(state, logits.detach(), float(value.detach()), rows)
        value.backward()
        if options.clip_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), options.clip_norm)
        state.optimizer.step()
        state.schedule.step()
        total += float(value.detach()) * len(rows)
    if not math.isfinite(total):
        raise _diverged(state, total)
    return total / len(targets)


def _not_finite(state: TrainingState, logits: Tensor, loss: float, rows: Tensor) -> QfusionError:
    """Why the loss of a batch is no number: one row of it, or a training that diverges."""
    good = torch.isfinite(logits).flatten(1).all(1)
    if good.any() and not good.all():
        when = f"epoch {len(state.history) + 1}"
        return RowNotFinite("training", int(rows[int(good.long().argmin())]), when)
    return _diverged(state, loss)


def _diverged(state: TrainingState, loss: float) -> QfusionError:
    return QfusionError(
        f"epoch {len(state.history) + 1}: the training loss is {loss}; {_LOWER_RATES}"
    )


def _batches(rows: int, size: int, device: torch.device) -> Iterator[Tensor]:
    """Shuffled row numbers; a last batch of a single row is left out (it has no variance)."""
    # drawn on the CPU: the order is the same on every device
    for batch in torch.randperm(rows, device="cpu").to(device).split(size):
        if len(batch) > 1 or rows == 1:
            yield batch


def _judge(
    model: TokenClassifier,
    inputs: tuple[Tensor, Tensor],
    y: NDArray[np.int64],
    epoch: int,
    train_loss: float,
) -> Epoch:
    """Scores on the validation part; the decisive one is macro F1 - 0.2 cross-entropy."""
    logits = logits_in_chunks(model, *inputs)
    if not all(torch.isfinite(weight).all() for weight in model.state_dict().values()):
        raise QfusionError(f"epoch {epoch}: the weights are no longer finite; {_LOWER_RATES}")
    losses = nn.functional.cross_entropy(logits, torch.from_numpy(y), reduction="none")
    entropy = float(losses.mean())
    if not math.isfinite(entropy):
        require_finite_rows("validation", f"epoch {epoch}", logits)
        raise RowNotFinite("validation", int(losses.argmax()), f"epoch {epoch}")
    result = scores(y, logits.argmax(1).numpy())
    return Epoch(
        epoch=epoch,
        train_loss=train_loss,
        validation_loss=entropy,
        validation_macro_f1=result.macro_f1,
        validation_accuracy=result.accuracy,
        score=result.macro_f1 - 0.2 * entropy,
    )
