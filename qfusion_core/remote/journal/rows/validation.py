"""What is read out of a journal is checked before it becomes a number, a name or an amount."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qfusion_core.remote.journal.rows.records import JobRecord
from qfusion_core.storage.reading import parse_json

STATES = ("intent", "submitted", "done", "failed", "cancelled")
MOST = 1e15  # of shots, executions, seconds, dollars: sums of it are still exact
FURTHEST = 100.0  # from 0: values that are mitigated leave [-1, 1], but not by so much
_LAST_MOMENT = 253402300799  # of the year 9999
_NAME = re.compile(r"[\w.-]{1,200}")


def document(text: object) -> Any:
    """A JSON document without numbers that are not finite.

    Raises:
        ValueError: It is none.
    """
    return parse_json(_text("JSON", text))


def require_name(what: str, name: object) -> str:
    """An id of ours: nothing that a shell or a URL would read as anything else.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{what}: expected letters, digits, '-', '_' and '.', got {name!r:.50}")
    return name


def require_word(what: str, word: object) -> str:
    """A name that somebody chose: printable, and on one line.

    Raises:
        ValueError: It is not.
    """
    if not _text(what, word).isprintable():
        raise ValueError(f"{what}: {word!r:.50} holds control characters")
    return str(word)


def require_moment(what: str, moment: object) -> float:
    """Seconds since 1970.

    Raises:
        ValueError: They are none.
    """
    return _number(what, moment, _LAST_MOMENT)


def require_amounts(what: str, *amounts: float | None) -> None:
    """Refuse an amount that is not finite, negative or beyond all reason; None is unknown.

    Raises:
        ValueError: Names it.
    """
    for amount in amounts:
        if amount is not None:
            _number(what, amount, MOST)


def is_countable(amount: object) -> bool:
    """Whether it can be counted."""
    try:
        _number("amount", amount, MOST)
    except ValueError:
        return False
    return True


def checked(record: JobRecord) -> JobRecord:
    """A job, if it can be one.

    Raises:
        ValueError: Says which part cannot.
    """
    require_name("key", record.key)
    require_name("measurement", record.at.measurement)
    require_word("backend", record.backend)
    _text("reason", record.reason)
    for what, text in {"account": record.account, "unreadable": record.unreadable}.items():
        if text is not None:
            _text(what, text)
    if record.job_id is not None and (
        not _text("job_id", record.job_id).isprintable()
        or not 0 < len(record.job_id) <= 1000
        or " " in record.job_id
    ):
        raise ValueError(f"job_id: {record.job_id!r:.50} is none")
    for what, count in {"call": record.at.number, "position": record.position}.items():
        _count(what, count)
    first, end = (_count("rows", row) for row in record.rows)
    if first >= end:
        raise ValueError(f"rows: {first} to before {end}")
    columns = [_count("columns", column) for column in record.columns]
    if not columns or len(columns) != len(set(columns)):
        raise ValueError(f"columns: {str(columns)[:50]}")
    if record.state not in STATES:
        raise ValueError(f"state: {record.state!r:.50}, expected one of {', '.join(STATES)}")
    if record.state in ("submitted", "done") and record.job_id is None:
        raise ValueError(f"job_id: none, though the job is {record.state}")
    require_moment("written", record.written)
    for what, moment in {"sent": record.sent, "ended": record.ended}.items():
        if moment is not None:
            require_moment(what, moment)
    require_amounts("qpu_seconds", record.qpu_seconds)
    require_amounts("usd", record.usd, record.usd_low)
    if not isinstance(record.facts, dict):
        raise ValueError("facts: no mapping")
    _require_price(record.price)
    return record


def _require_price(price: Any) -> None:
    for what in ("executions", "shots", "tasks"):
        _count(what, price[what])
    for what in ("qpu_seconds", "usd"):
        if price[what] is not None:
            low, high = price[what]["low"], price[what]["high"]
            require_amounts(f"price in {what}", low, high)
            if not low <= high:
                raise ValueError(f"price in {what}: {low} to {high}")


def array(what: str, blob: object, shape: Sequence[int], most: float = math.inf) -> Tensor:
    """Numbers of a blob: float64 of this shape, finite, and no further from 0 than ``most``.

    Raises:
        ValueError: It holds another number of them, or others.
    """
    if not isinstance(blob, bytes):
        raise ValueError(f"{what}: none, expected numbers of shape {list(shape)}")
    if len(blob) != 8 * math.prod(shape):
        raise ValueError(f"{what}: {len(blob)} bytes, expected {8 * math.prod(shape)}")
    numbers = np.frombuffer(blob, dtype="<f8").reshape(shape)
    bad = np.argwhere(~(np.abs(numbers) <= min(most, np.finfo(float).max)))
    if len(bad):
        raise ValueError(f"{what}: {numbers[tuple(bad[0])]} in row {bad[0][0]}, column {bad[0][1]}")
    return torch.from_numpy(numbers.astype(np.float64))


def _text(what: str, text: object) -> str:
    if not isinstance(text, str):
        raise ValueError(f"{what}: expected text, got {text!r:.50}")
    return text


def _count(what: str, count: object) -> int:
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST:
        raise ValueError(f"{what}: expected a count, got {count!r:.50}")
    return count


def _number(what: str, number: object, most: float) -> float:
    if not isinstance(number, int | float) or isinstance(number, bool) or not 0 <= number <= most:
        raise ValueError(f"{what}: expected a number from 0 to {most:g}, got {number!r:.50}")
    return float(number)
