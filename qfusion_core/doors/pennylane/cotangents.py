"""Products of cotangents with the derivatives of a tape's results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from pennylane.exceptions import DeviceError
from torch import Tensor

from qfusion_core.doors.pennylane.tapes import TapeRows


class Products(tuple[Any, ...]):
    """Products of a tape, one for each trainable parameter.

    PennyLane's torch interface looks at their shape through `numpy.squeeze`, which cannot make an
    array of parameters of different shapes, as those of a broadcast tape are.
    """

    __slots__ = ()

    def squeeze(self, axis: object = None) -> np.ndarray:
        """An array of as many entries."""
        return np.empty(len(self))


def repeats(rows: TapeRows, cotangent: Any) -> int | None:
    """How many cotangents there are in one, as `jax.vmap` gives them; None: it is one.

    They lie along a first axis, beside that of the rows of a broadcast tape.
    """
    given = cotangent if isinstance(cotangent, tuple | list) else (cotangent,)
    each, (read, _) = given[0], rows.readings[0]
    plain = rows.batched + (read.outcomes is not None)
    return len(each) if np.ndim(each) == plain + 1 else None


def one_of(cotangent: Any, number: int) -> Any:
    """One cotangent of several."""
    if isinstance(cotangent, tuple | list):
        return tuple(each[number] for each in cotangent)
    return cotangent[number]


def stacked(products: Sequence[Products]) -> Products:
    """Products of several cotangents, along a first axis."""
    return Products(np.stack(each) for each in zip(*products, strict=True))


def is_linear(rows: TapeRows) -> bool:
    """Whether derivatives hang on no value: of no variance, and by no factor of an observable."""
    by_factors = any(each >= len(rows.columns) for each in rows.tape.trainable_params)
    return not by_factors and all(read.linear for read, _ in rows.readings)


def by_measurement(rows: TapeRows, cotangent: Any) -> list[Tensor]:
    """One for each measurement, with a row for each row of the tape.

    One for all rows, as `jax.vmap` of a gradient gives it, is that of each.

    Raises:
        DeviceError: Its shape is of something else.
    """
    given = cotangent if isinstance(cotangent, tuple | list) else (cotangent,)
    count, found = len(rows.angles), []
    for each, (read, _) in zip(given, rows.readings, strict=True):
        shape = (count,) if read.outcomes is None else (count, read.outcomes)
        array = np.asarray(each, dtype=np.float64)
        try:
            fits = array.size == math.prod(shape)
            whole = array.reshape(shape) if fits else np.broadcast_to(array, shape)
        except ValueError:
            raise DeviceError(
                f"qfusion: a cotangent of shape {list(array.shape)} for results of shape "
                f"{list(shape)} is not supported; leave jax.vmap out, or put it into jax.jit"
            ) from None
        found.append(torch.from_numpy(whole.copy()))
    return found


def products_of(
    rows: TapeRows, values: Tensor, by_column: dict[int, Tensor], cotangents: Sequence[Tensor]
) -> Products:
    """For each trainable parameter, in its shape."""
    columns, parameters = rows.columns, rows.tape.get_parameters(trainable_only=False)
    changes = [
        (change, places, given)
        for (read, places), given, measured in zip(
            rows.readings, cotangents, rows.tape.measurements, strict=True
        )
        if measured.obs is not None
        for change in [*read.changes, *[None] * (len(measured.obs.data) - len(read.changes))]
    ]
    found = []
    for each in rows.tape.trainable_params:
        shape = np.shape(parameters[each])
        if each < len(columns):
            column = columns[each]
            along = values.new_zeros(len(values)) if column is None else by_column[column]
        else:
            change, places, given = changes[each - len(columns)]
            if change is None:
                raise DeviceError(
                    "a derivative by the entries of an observable is not supported by qfusion; by "
                    "coefficients of a sum it is, of qml.expval"
                )
            along = change(values[:, places]) * given
        found.append((along if shape else along.sum()).numpy().reshape(shape))
    return Products(found)
