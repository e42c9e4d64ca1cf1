"""The rows that are measured: equidistant angles, from which all others follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.errors import InputError
from qfusion_core.surrogate.colouring import colour, sizes
from qfusion_core.surrogate.degrees import Degrees, degrees
from qfusion_core.surrogate.sizes import usual_checks

_CANDIDATES = 16  # offsets of which the one that is the furthest from special angles is taken
_MOST_CHECKS = 100_000  # and more only for a grid that is as large: they predict nothing
_MOST_SENSIBLE = 10**6  # rows that anybody would measure
_LARGEST_SHOWN = 10**15  # of a number in full: one may have hundreds of digits


@dataclass(frozen=True)
class Grid:
    """All combinations of the points of each colour; entries of one colour move together.

    Attributes:
        degrees: Of words in entries.
        colours: Of each entry; None where no word sees it.
        points: Of each colour.
        offsets: Of each entry, in radians: its first point.
    """

    degrees: Degrees
    colours: tuple[int | None, ...]
    points: tuple[int, ...]
    offsets: tuple[float, ...]

    @classmethod
    def of(cls, circuit: Circuit, words: Sequence[str], seed: int, most: int | None = None) -> Grid:
        """The smallest grid that was found for some words of a circuit.

        Each entry has an offset of its own, away from multiples of pi/4: there a compiler may leave
        a rotation out, so that the noise would depend on the angle.

        Args:
            circuit: The circuit.
            words: Pauli words.
            seed: Of the offsets.
            most: A grid of more rows is refused, before any memory is taken for one; None for no
                limit.

        Raises:
            InputError: The scales of an entry have no common divisor, or the grid is too large:
                says how large, which word and entry make it so, and what to change.
        """
        found = degrees(circuit, words)
        colours, largest = colour(found.of_words), found.largest
        given = {entry: number for entry, number in enumerate(colours) if number is not None}
        points = tuple(sizes(given, largest))
        if most is not None and math.prod(points) > most:
            raise _too_large(math.prod(points), found, words, most)
        random = np.random.default_rng(seed)
        offsets = []
        for entry, frequency in enumerate(found.frequencies):
            number = colours[entry]
            count = 1 if number is None else points[number]
            drawn = random.uniform(0, 2 * math.pi / (frequency * count), _CANDIDATES)
            steps = 2 * math.pi / frequency * np.arange(count) / count
            scales = np.array(found.scales[entry] or (1.0,))
            turned = (drawn[:, None, None] + steps[:, None]) * scales / (math.pi / 4)
            away = np.abs(turned - turned.round()).min((1, 2))
            offsets.append(float(drawn[away.argmax()]))
        return cls(found, colours, points, tuple(offsets))

    @property
    def rows(self) -> int:
        """How many there are."""
        return math.prod(self.points)

    @cached_property
    def data(self) -> Tensor:
        """``[rows, n_data]`` in radians, float64; the last colour turns fastest."""
        digits = np.stack(np.unravel_index(np.arange(self.rows), self.points or (1,)), axis=1)
        data = torch.tensor(self.offsets, dtype=torch.float64).repeat(self.rows, 1)
        for entry, number in enumerate(self.colours):
            if number is not None:
                places = self.places(entry)
                data[:, entry] = places[torch.from_numpy(digits[:, number])]
        return data

    def places(self, entry: int) -> Tensor:
        """The points of an entry in radians, float64."""
        number = self.colours[entry]
        count = 1 if number is None else self.points[number]
        period = 2 * math.pi / self.degrees.frequencies[entry]
        return self.offsets[entry] + period * torch.arange(count, dtype=torch.float64) / count


@dataclass(frozen=True)
class Rows:
    """What one job measures: the grid, rows that check it, and one row again and again.

    The order is a seeded shuffle, so that a machine that drifts does not favour a part of the grid;
    the sentinel comes at the beginning, the end, and twice between.

    Attributes:
        grid: The grid.
        checks: ``[checks, n_data]``: random angles.
        sentinel: ``[n_data]``: the row that is repeated, random, too.
        order: Position in the job of each row: those of the grid, the checks, the repeats.
    """

    grid: Grid
    checks: Tensor
    sentinel: Tensor
    order: NDArray[np.int64]

    REPEATS = 4

    @classmethod
    def of(cls, grid: Grid, checks: int | None, seed: int) -> Rows:
        """Draw what is random.

        Args:
            grid: The grid.
            checks: How many; None for a quarter of the grid, at least 16.
            seed: Of the draw.

        Raises:
            InputError: More checks than are of any use.
        """
        usual, most = usual_checks(grid.rows), max(_MOST_CHECKS, grid.rows)
        count = usual if checks is None else checks
        if count > most:
            raise InputError(
                f"checks: expected at most {most:,} rows beside a grid of {grid.rows:,}, got "
                f"{_counted(count)}; leave it out for {usual:,}"
            )
        random = np.random.default_rng([seed, 1])
        periods = 2 * math.pi / np.array(grid.degrees.frequencies)
        drawn = torch.from_numpy(random.uniform(size=(count + 1, len(periods))) * periods)
        total = grid.rows + count + cls.REPEATS
        repeats = np.linspace(0, total - 1, cls.REPEATS).round().astype(np.int64)
        others = np.setdiff1d(np.arange(total), repeats)
        order = np.concatenate([random.permutation(others), repeats])
        return cls(grid, drawn[:-1], drawn[-1], order)

    def __len__(self) -> int:
        return len(self.order)

    @property
    def data(self) -> Tensor:
        """``[rows, n_data]`` in radians, float64, in the order of the job."""
        together = torch.cat([self.grid.data, self.checks, self.sentinel.expand(self.REPEATS, -1)])
        data = torch.empty_like(together)
        data[torch.from_numpy(self.order)] = together
        return data

    @property
    def times(self) -> tuple[Tensor, Tensor, Tensor]:
        """When grid, checks and repeats are measured: 0 is the first row of the job, 1 the last."""
        return self.split(torch.arange(len(self), dtype=torch.float64) / (len(self) - 1))

    def split(self, measured: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Values ``[rows, ...]`` in the order of the job: of grid, checks, repeats."""
        sorted_ = measured[torch.from_numpy(self.order)]
        return (
            sorted_[: self.grid.rows],
            sorted_[self.grid.rows : -self.REPEATS],
            sorted_[-self.REPEATS :],
        )


def _too_large(rows: int, of: Degrees, words: Sequence[str], most: int) -> InputError:
    shares = [math.prod(2 * degree + 1 for degree in word) for word in of.of_words]
    number = max(range(len(words)), key=shares.__getitem__)
    word = of.of_words[number]
    seen = [entry for entry, degree in enumerate(word) if degree]
    entry = max(seen, key=lambda entry: (word[entry], -entry))
    degree = of.largest[entry]
    letters = ", ".join(
        f"{letter}{wire}" for wire, letter in enumerate(words[number]) if letter != "I"
    )
    return InputError(
        f"the grid has {_counted(rows)} rows, at most {most:,} are measured: with noise between "
        f"the gates {letters} sees {len(seen)} data entries, data[{entry}] with "
        f"{_counted(2 * degree + 1)} points (degree {_counted(degree)}); take fewer qubits or "
        "layers, the entangler brick and the readout z+zz-line"
        + (", or another --max-rows" if rows <= _MOST_SENSIBLE else "")
    )


def _counted(number: int) -> str:
    return f"{number:,}" if number < _LARGEST_SHOWN else f"about 10^{math.log10(number):.0f}"
