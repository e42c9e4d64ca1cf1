"""Values of many words at many angles, from those on the grid.

Tables of one shape are multiplied together, half of their axes from the left, half from the right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from qfusion_core.surrogate.grid import Grid
from qfusion_core.surrogate.kernel import Cone, Kernel, outer

_MOST_ELEMENTS = 2**20  # of an intermediate: 8 MB
Vectors = Callable[[Tensor, Tensor, int], Tensor]


class _Stack(NamedTuple):
    """Tables of one shape.

    Attributes:
        words: By position.
        entries: ``[words, axes]``.
        degrees: Of each axis.
        tables: ``[words, left, right]``.
    """

    words: Tensor
    entries: Tensor
    degrees: tuple[int, ...]
    tables: Tensor


class Table:
    """Values of some words at any angles: differentiable in the angles, in bounded memory.

    Args:
        grid: What was measured.
        values: ``[grid rows, n_words]``, float64.
        shots: Behind each; None where they are exact.
    """

    def __init__(self, grid: Grid, values: Tensor, shots: int | None) -> None:
        self._kernel, self._values, self._shots = Kernel(grid), values, shots

    def at(self, data: Tensor) -> Tensor:
        """Values ``[rows, n_words]`` at data ``[rows, n_data]``, in its dtype."""
        return self._evaluate(self._means, data, _basis)

    def errors_at(self, data: Tensor) -> Tensor:
        """Standard errors ``[rows, n_words]``, from the shots alone; 0 where values are exact."""
        if self._shots is None:
            return data.new_zeros(len(data), self._values.shape[1])
        return self._evaluate(self._spreads, data, self._kernel.squared_weights).sqrt()

    @cached_property
    def _means(self) -> list[_Stack]:
        return self._stacks(self._kernel.coefficients, self._values)

    @cached_property
    def _spreads(self) -> list[_Stack]:
        assert self._shots is not None
        variances = shot_variance(self._values, self._shots)
        return self._stacks(self._kernel.variances, variances)

    def _stacks(self, tables_of: Callable[[Cone, Tensor], Tensor], values: Tensor) -> list[_Stack]:
        shapes: dict[tuple[object, ...], list[tuple[Cone, int, Tensor]]] = {}
        with torch.inference_mode(False), torch.no_grad():
            for cone in self._kernel.cones:
                table = tables_of(cone, values[:, list(cone.words)]).movedim(-1, 0)
                split = len(cone.entries) // 2
                left = math.prod(table.shape[1 : split + 1])
                for word, own in zip(cone.words, table, strict=True):
                    key = cone.degrees, table.shape[1:]
                    shapes.setdefault(key, []).append((cone, word, own.reshape(left, -1)))
            return [
                _Stack(
                    torch.tensor([word for _, word, _ in of]),
                    torch.tensor([cone.entries for cone, *_ in of], dtype=torch.long),
                    of[0][0].degrees,
                    torch.stack([own for *_, own in of]),
                )
                for of in shapes.values()
            ]

    def _evaluate(
        self,
        stacks: Sequence[_Stack],
        data: Tensor,
        vectors: Vectors,
    ) -> Tensor:
        largest = max((stack.tables[:, 0].numel() for stack in stacks), default=1)
        size = max(1, _MOST_ELEMENTS // (2 * largest))
        chunks = [self._chunk(stacks, chunk, vectors) for chunk in data.split(size)]
        return torch.cat(chunks)

    def _chunk(
        self,
        stacks: Sequence[_Stack],
        data: Tensor,
        vectors: Vectors,
    ) -> Tensor:
        columns, words, phi = [], [], self._kernel.phi(data)
        for stack in stacks:
            sides = []
            split = len(stack.degrees) // 2
            for axes in (range(split), range(split, len(stack.degrees))):
                side = data.new_ones(len(data), len(stack.words), 1)
                for axis in axes:
                    side = outer(side, vectors(phi, stack.entries[:, axis], stack.degrees[axis]))
                sides.append(side.transpose(0, 1))
            left, right = sides
            columns.append(((left @ stack.tables.to(data)) * right).sum(-1).T)
            words.append(stack.words)
        if not columns:
            return data.new_zeros(len(data), 0)
        back = torch.cat(words).argsort()
        return torch.cat(columns, dim=1)[:, back]


def shot_variance(values: Tensor, shots: int) -> Tensor:
    """``(1 - f^2 + 1/S) / S``: of a mean of S times +1 or -1, never quite nothing."""
    return ((1 - values.square()).clamp_min(0) + 1 / shots) / shots


def _basis(phi: Tensor, entries: Tensor, degree: int) -> Tensor:
    return phi[:, entries, : 2 * degree + 1]
