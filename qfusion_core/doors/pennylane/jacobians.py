"""Jacobians out of products with unit cotangents, nested as PennyLane wants them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pennylane.exceptions import DeviceError
from pennylane.tape import QuantumScript

Products = Callable[[Sequence[Any]], Sequence[Sequence[np.ndarray]]]


def jacobians(
    tapes: Sequence[QuantumScript], sizes: Sequence[Sequence[int | None]], products: Products
) -> tuple[Any, ...]:
    """Of each tape: for each measurement, for each trainable parameter.

    Args:
        tapes: Not broadcast.
        sizes: Of each tape, for each measurement: its outcomes; None: it is one number.
        products: Gives from cotangents of all tapes the products of each.

    Raises:
        DeviceError: A tape is broadcast.
    """
    if any(tape.batch_size is not None for tape in tapes):
        raise DeviceError(
            "qfusion: the whole Jacobian of a broadcast tape is not supported; differentiate a "
            "sum, or leave jax.jit out"
        )
    units = [[_unit(of, number) for number in range(_count(of))] for of in sizes]
    nothing = [_unit(of, -1) for of in sizes]
    found: list[list[Sequence[np.ndarray]]] = [[] for _ in tapes]
    for number in range(max(map(len, units), default=0)):
        asked = [
            own[number] if number < len(own) else none
            for own, none in zip(units, nothing, strict=True)
        ]
        for rows, own, product in zip(found, units, products(asked), strict=True):
            if number < len(own):
                rows.append(product)
    return tuple(_nested(rows, of) for rows, of in zip(found, sizes, strict=True))


def _count(sizes: Sequence[int | None]) -> int:
    return sum(1 if size is None else size for size in sizes)


def _unit(sizes: Sequence[int | None], number: int) -> tuple[np.ndarray, ...]:
    """Cotangents of a tape's measurements: 1 at one number of all, counted through; -1: nowhere."""
    flat = np.zeros(_count(sizes))
    if number >= 0:
        flat[number] = 1.0
    parts = np.split(flat, np.cumsum([1 if size is None else size for size in sizes])[:-1])
    return tuple(part[0] if size is None else part for part, size in zip(parts, sizes, strict=True))


def _nested(rows: Sequence[Sequence[np.ndarray]], sizes: Sequence[int | None]) -> Any:
    """``rows``: the products of each number in turn, one for each parameter."""
    found, at = [], 0
    for size in sizes:
        own = rows[at : at + (size or 1)]
        by_parameter = [
            np.asarray(each[0]) if size is None else np.stack(each)
            for each in zip(*own, strict=True)
        ]
        found.append(by_parameter[0] if len(by_parameter) == 1 else tuple(by_parameter))
        at += size or 1
    return found[0] if len(found) == 1 else tuple(found)
