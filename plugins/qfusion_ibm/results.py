"""What IBM gave for a job, compared with what was asked before it becomes a number."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qfusion_core import Unreadable
from qfusion_ibm.options import Options
from qfusion_ibm.programs import Program

_NOISE = 1e-9  # by which rounding may carry a mean of +1 and -1 past them


def expectations(raw: bytes, options: Options, program: Program, mark: str) -> NDArray[np.float64]:
    """Values of the one PUB that was sent, as they came: ``[observables, rows]``.

    Args:
        raw: The reply.
        options: Of the device.
        program: That ran the job.
        mark: Of what was asked.

    Raises:
        Unreadable: It is a page of somebody's, or half of a reply, or not of the job that was sent.
    """
    text = raw.decode(errors="replace")
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise Unreadable(f"IBM's results cannot be read ({problem})", raw) from None
    try:
        read_values, shots = program.read(text, mark)
        values = np.asarray(np.asarray(read_values).astype(float, casting="safe"))
    except Exception as error:  # of the SDK, which expects its own form
        problem = str(error) if type(error) is ValueError else "they are written in another form"
        raise Unreadable(
            f"IBM's results are not those of the job that was sent ({problem})", raw
        ) from None
    # it may have drawn more: shots come in whole rounds of twirling
    if shots is not None and not (isinstance(shots, int | float) and shots >= options.draws):
        raise Unreadable(f"IBM drew {shots} shots, expected {options.draws}", raw)
    largest = np.abs(values).max(initial=0)
    if not (options.trex or options.zne) and not largest <= 1 + _NOISE:
        raise Unreadable(f"IBM gave a value of size {largest:g}, expected at most 1", raw)
    return values


def table(values: Any, rows: int, words: int, *, open_angles: bool, raw: bytes) -> NDArray[Any]:
    """Values ``[rows, observables]``.

    Args:
        values: As they came.
        rows: Of the job.
        words: Number of its observables.
        open_angles: Whether rows differ; without, one column stands for all of them.
        raw: For the error.

    Raises:
        Unreadable: They are of another shape.
    """
    array, expected = np.asarray(values, dtype=float), (words, rows if open_angles else 1)
    if array.shape not in (expected, expected[:1] if not open_angles else expected):
        raise Unreadable(
            f"IBM gave values of shape {list(array.shape)}, expected {list(expected)} "
            "(observables, rows)",
            raw,
        )
    return np.broadcast_to(array.reshape(expected), (words, rows)).T.copy()
