"""How far jobs are that somebody waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Progress(NamedTuple):
    """How far the jobs of a call are.

    Attributes:
        states: Number of jobs in each state: intent (not sent yet), queued, running, done.
        position: Of the first job in the queue; None where it is not told.
        seconds: Since the wait began.
    """

    backend: str
    states: Mapping[str, int]
    position: int | None
    seconds: float
