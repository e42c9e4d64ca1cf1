"""Rows and values of a surrogate as named tensors, and what their types and shapes have to be."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qfusion_core.printable import one_line
from qfusion_core.storage.tensors import Promised
from qfusion_core.surrogate.card import Card
from qfusion_core.surrogate.degrees import Degrees
from qfusion_core.surrogate.grid import Grid, Rows

_NO_COLOUR = -1
_MOST_ENTRIES = 2**16  # of the data: more than a circuit has that is traced; no card says how many


def packed(rows: Rows, values: Tensor) -> dict[str, Tensor]:
    """What was measured, by name.

    Args:
        rows: Of the job.
        values: ``[rows, n_words]`` in its order, float64.
    """
    grid, of = rows.grid, rows.grid.degrees
    longest = max((len(scales) for scales in of.scales), default=0)
    return {
        "values": values,
        "degrees": torch.tensor(of.of_words, dtype=torch.int32).reshape(
            values.shape[1], len(of.frequencies)
        ),
        "frequencies": torch.tensor(of.frequencies, dtype=torch.float64),
        "scales": torch.tensor(
            [[*scales, *[0.0] * (longest - len(scales))] for scales in of.scales],
            dtype=torch.float64,
        ).reshape(len(of.scales), longest),
        "colours": torch.tensor(
            [_NO_COLOUR if c is None else c for c in grid.colours], dtype=torch.int64
        ),
        "points": torch.tensor(grid.points, dtype=torch.int64),
        "offsets": torch.tensor(grid.offsets, dtype=torch.float64),
        "checks": rows.checks,
        "sentinel": rows.sentinel,
        "order": torch.from_numpy(rows.order),
    }


def require_layout(promised: Promised, card: Card) -> None:
    """Compare types and shapes with the card, before memory is taken for them.

    Raises:
        ValueError: Something is missing, or of another type or shape.
    """
    free = ("sentinel", 0), ("points", 0), ("scales", 1)  # sizes that no card says
    n_data, n_points, longest = (_size(promised, *each) for each in free)
    if n_data > _MOST_ENTRIES or n_points > n_data or longest > card.rows:
        raise ValueError(
            f"{n_data:,} data entries with {n_points:,} colours and {longest:,} scales; expected "
            f"at most {_MOST_ENTRIES:,}, fewer colours, and fewer scales than rows"
        )
    n_words, checks = len(card.observables), card.check.rows
    total = card.rows + checks + Rows.REPEATS
    expected: dict[str, tuple[tuple[int, ...], torch.dtype]] = {
        "values": ((total, n_words), torch.float64),
        "degrees": ((n_words, n_data), torch.int32),
        "frequencies": ((n_data,), torch.float64),
        "scales": ((n_data, longest), torch.float64),
        "colours": ((n_data,), torch.int64),
        "points": ((n_points,), torch.int64),
        "offsets": ((n_data,), torch.float64),
        "checks": ((checks, n_data), torch.float64),
        "sentinel": ((n_data,), torch.float64),
        "order": ((total,), torch.int64),
    }
    if expected.keys() != promised.keys():
        odd = min(expected.keys() ^ promised.keys())
        raise ValueError(f"{one_line(odd, 40)}: {'missing' if odd in expected else 'unknown'}")
    for name, (shape, kind) in expected.items():
        wanted, found = _said(shape, kind), promised[name]
        if wanted != (got := _said(tuple(found.shape), found.dtype)):
            raise ValueError(f"{name}: expected {wanted}, got {got}")


def unpacked(tensors: Mapping[str, Tensor], card: Card) -> tuple[Rows, Tensor]:
    """What was packed, out of tensors of the right types and shapes.

    Raises:
        ValueError: Something of it cannot be.
    """
    points = tuple(tensors["points"].tolist())
    if any(count < 1 for count in points) or math.prod(points) != card.rows:
        raise ValueError(f"a grid of {points}, where {card.rows} rows are expected")
    if not torch.equal(tensors["order"].sort().values, torch.arange(len(tensors["order"]))):
        raise ValueError("order: expected each row once")
    degrees, colours = tensors["degrees"], tensors["colours"].tolist()
    if not (tensors["frequencies"] > 0).all() or not (0 <= degrees).all():
        raise ValueError("frequencies and degrees: expected none below 0")
    _require_kernels(degrees, colours, points)
    of = Degrees(
        tuple(map(tuple, degrees.tolist())),
        tuple(tensors["frequencies"].tolist()),
        tuple(tuple(s for s in row if s) for row in tensors["scales"].tolist()),
    )
    given = tuple(None if number == _NO_COLOUR else number for number in colours)
    grid = Grid(of, given, points, tuple(tensors["offsets"].tolist()))
    order: Any = tensors["order"].numpy().astype(np.int64)
    return Rows(grid, tensors["checks"], tensors["sentinel"], order), tensors["values"]


def digest_of(document: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of numbers and of what is said of them, their words included.

    Args:
        document: The card as JSON; its entry ``table``, which holds the digest, does not count.
        tensors: The numbers.
    """
    said = {name: value for name, value in document.items() if name != "table"}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"\n{name} {_said(tuple(tensor.shape), tensor.dtype)}\n".encode())
        digest.update(tensor.reshape(-1).numpy().data)
    return digest.hexdigest()


def _size(promised: Promised, name: str, axis: int) -> int:
    there = name in promised and promised[name].ndim > axis  # if not, it is said by name
    return promised[name].shape[axis] if there else 0


def _said(shape: Sequence[int], kind: torch.dtype) -> str:
    return f"{str(kind).removeprefix('torch.')} {list(shape)}"


def _require_kernels(degrees: Tensor, colours: Sequence[int], points: Sequence[int]) -> None:
    """Each word sees a colour once at most, with points enough for its degree."""
    if not set(colours) <= {_NO_COLOUR, *range(len(points))}:
        raise ValueError(f"colours: expected numbers below {len(points)}, or {_NO_COLOUR} for none")
    for word in degrees.tolist():
        seen = [(colours[entry], degree) for entry, degree in enumerate(word) if degree]
        numbers = [number for number, _ in seen]
        if len(set(numbers)) < len(numbers) or _NO_COLOUR in numbers:
            raise ValueError("colours: entries that a word sees share one, or have none")
        if any(2 * degree + 1 > points[number] for number, degree in seen):
            raise ValueError("points: too few for the degrees")
