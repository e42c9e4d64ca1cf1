"""Rows that a training, or an evaluation, cannot use: the first one is named."""

from __future__ import annotations

import torch
from torch import Tensor

from qfusion_core.errors import InputError


class RowNotFinite(InputError):
    """A row of which the model makes something that is no number, such as one with a fill value.

    Attributes:
        part: ``training``, ``validation`` or ``test``.
        row: Its index in that part.
        when: ``epoch 3``, ``after the training``.
    """

    def __init__(self, part: str, row: int, when: str, about: str = "") -> None:
        self.part, self.row, self.when = part, row, when
        super().__init__(
            f"{when}: row {row + 1} of the {part} part gives values that are not finite"
            f"{about}; correct or remove that row"
        )


def finite_rows(values: Tensor) -> Tensor:
    """Whether all of a row is finite: truth values ``[rows]`` of values ``[rows, ...]``."""
    return torch.isfinite(values).flatten(1).all(1)


def require_finite_rows(part: str, when: str, *values: Tensor) -> None:
    """Refuse values ``[rows, ...]`` that are not finite.

    Raises:
        RowNotFinite: Of the first row that has some.
    """
    good = torch.stack([finite_rows(tensor) for tensor in values]).all(0)
    if not good.all():
        raise RowNotFinite(part, int(good.long().argmin()), when)


def require_finite_logits(part: str, when: str, logits: Tensor) -> None:
    """Likewise, of what a model gives: where no row is sound, its weights are to blame.

    Raises:
        RowNotFinite: Of the first row that has some.
        InputError: All have.
    """
    if len(logits) > 1 and not finite_rows(logits).any():
        raise InputError(
            f"{when}: no row of the {part} part gives values that are finite, so the weights are "
            "to blame and not the rows; train anew, with a lower training.learning_rate"
        )
    require_finite_rows(part, when, logits)
