"""From the values on the grid to those at any angles, and their standard errors.

For a word of degree d in an entry with N >= 2d + 1 points, the value at x is the sum over the
points of ``D_d(g (x - point)) / N`` times the value there, D_d being the Dirichlet kernel
``1 + 2 sum cos(m t)`` up to d; for several entries the kernels multiply. Entries that the word does
not see are averaged over. Squared weights sum to ``(2d + 1) / N`` for each entry, which is 1 at
most: shot noise is not amplified.

The kernel is ``phi(x) . phi(point)`` with ``phi = (1, sqrt 2 cos t, sqrt 2 sin t, ...)``, so that a
word needs a table of Fourier coefficients only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from qfusion_core.surrogate.grid import Grid


class Cone(NamedTuple):
    """Words that see the same entries with the same degrees.

    Attributes:
        words: By position.
        entries: Of the data, by colour.
        degrees: Of the words in these.
    """

    words: tuple[int, ...]
    entries: tuple[int, ...]
    degrees: tuple[int, ...]

    @property
    def size(self) -> int:
        """Coefficients of a word."""
        return math.prod(2 * degree + 1 for degree in self.degrees)


def cones(grid: Grid) -> list[Cone]:
    """Cones of all words."""
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], list[int]] = {}
    for number, of in enumerate(grid.degrees.of_words):
        entries = sorted(
            (entry for entry, degree in enumerate(of) if degree), key=lambda e: grid.colours[e] or 0
        )
        key = tuple(entries), tuple(of[entry] for entry in entries)
        found.setdefault(key, []).append(number)
    return [Cone(tuple(words), *key) for key, words in found.items()]


class Kernel:
    """Weights of a grid."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.cones = cones(grid)
        self._frequencies = torch.tensor(grid.degrees.frequencies, dtype=torch.float64)
        self._degree = max(grid.degrees.largest, default=0)

    def phi(self, data: Tensor) -> Tensor:
        """``[rows, n_data, 2 degree + 1]`` of the highest degree: those of a lower come first."""
        turned = data * self._frequencies.to(data)
        parts = [torch.ones_like(turned)]
        for times in range(1, self._degree + 1):
            parts += [math.sqrt(2) * (times * turned).cos(), math.sqrt(2) * (times * turned).sin()]
        return torch.stack(parts, dim=-1)

    def coefficients(self, cone: Cone, values: Tensor) -> Tensor:
        """Of values on the grid ``[grid rows, n]``: ``[2 degree + 1 of each entry ..., n]``."""

        def by_kernel(entry: int, degree: int) -> Tensor:
            phi = self._on_grid[entry]
            return phi[:, : 2 * degree + 1].T / len(phi)

        return self._contracted(cone, values, by_kernel, mean_of_means)

    def variances(self, cone: Cone, values: Tensor) -> Tensor:
        """Of variances on the grid ``[grid rows, n]``: ``[points of each entry ..., n]``."""

        def kept(entry: int, degree: int) -> Tensor | None:
            return None

        return self._contracted(cone, values, kept, variance_of_means)

    def features(self, cone: Cone, data: Tensor) -> Tensor:
        """``[rows, coefficients]``: multiplied with coefficients they give values."""
        phi, product = self.phi(data), data.new_ones(len(data), 1)
        for entry, degree in zip(cone.entries, cone.degrees, strict=True):
            product = outer(product, phi[:, entry, : 2 * degree + 1])
        return product

    def squared_weights(self, phi: Tensor, entries: Tensor, degree: int) -> Tensor:
        """``(D_d / N)^2`` at each point of entries of one degree: ``[rows, entries, points]``."""
        size = 2 * degree + 1
        on_grid = torch.stack([self._on_grid[entry] for entry in entries.tolist()])
        kernel = torch.einsum("bei,epi->bep", phi[:, entries, :size], on_grid[..., :size].to(phi))
        return (kernel / on_grid.shape[1]).square()

    @cached_property
    def _on_grid(self) -> list[Tensor]:
        """phi at the points of each entry: ``[points, 2 degree + 1]``."""
        found = []
        with torch.inference_mode(False), torch.no_grad():
            for entry in range(len(self.grid.offsets)):
                places = self.grid.places(entry)
                data = places.new_zeros(len(places), len(self.grid.offsets))
                data[:, entry] = places
                found.append(self.phi(data)[:, entry])
        return found

    def _contracted(
        self,
        cone: Cone,
        values: Tensor,
        seen: Callable[[int, int], Tensor | None],
        unseen: Callable[[Tensor], Tensor],
    ) -> Tensor:
        table = values.reshape(*self.grid.points, values.shape[-1])
        by_colour = {
            self.grid.colours[entry]: (entry, degree)
            for entry, degree in zip(cone.entries, cone.degrees, strict=True)
        }
        for number in reversed(range(len(self.grid.points))):
            if number not in by_colour:
                table = unseen(table.movedim(number, 0))
            elif (matrix := seen(*by_colour[number])) is not None:
                table = torch.tensordot(matrix.to(table), table.movedim(number, 0), dims=1)
                table = table.movedim(0, number)
        return table


def mean_of_means(table: Tensor) -> Tensor:
    """Over the first axis."""
    return table.mean(0)


def variance_of_means(table: Tensor) -> Tensor:
    """Of the mean over the first axis."""
    return table.mean(0) / len(table)


def outer(first: Tensor, second: Tensor) -> Tensor:
    """Products of the last axes, flattened."""
    return (first.unsqueeze(-1) * second.unsqueeze(-2)).flatten(-2)
