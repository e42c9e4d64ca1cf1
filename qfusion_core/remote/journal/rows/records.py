"""Jobs as the journal holds them: where they stand, and what is reserved for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from qfusion_core.remote.machine.job import Job
from qfusion_core.remote.money.budget import Budget
from qfusion_core.remote.money.price import Price, Range

Budgets = Mapping[str, Budget | None]  # by backend; None for no limit
UNFINISHED = ("intent", "submitted")


class CallId(NamedTuple):
    """Place of a call: its measurement, and its number there."""

    measurement: str
    number: int


def key_of(call_id: CallId, position: int) -> str:
    """The key of a job: its idempotency token and tag at the provider."""
    return f"qf-{call_id.measurement}-{call_id.number}-{position}"


class JobRecord(NamedTuple):
    """A job as it stands in the journal.

    Attributes:
        backend: Whose job it is.
        at: The call that it is a part of.
        sent: When a submission whose reply is unknown last went out; None where none did.
        qpu_seconds: Reserved; when it is done, what the provider said if it told. Likewise ``usd``.
        usd_low: Low end of ``usd``, where the provider told something; None where nothing.
        account: In which it was sent, where the adapter tells it (`RemoteDevice.account`).
        unreadable: Why the result could not be read, of a job that the provider calls done; or why
            nobody knows the job. None where there is nothing of the kind: then it is at work.
        adopted: Whether its values came with a journal that the user adopted: they were not
            measured under the user's key.
    """

    key: str
    backend: str
    at: CallId
    position: int
    rows: tuple[int, int]
    columns: tuple[int, ...]
    facts: Mapping[str, Any]
    price: Mapping[str, Any]
    state: str
    sent: float | None
    job_id: str | None
    reason: str
    written: float
    ended: float | None
    qpu_seconds: float | None
    usd: float | None
    usd_low: float | None
    account: str | None = None
    unreadable: str | None = None
    adopted: bool = False

    def amount(self, field: Literal["usd", "qpu_seconds"]) -> tuple[Range | None, bool]:
        """What the provider said, else the range of the plan; and whether that is what it charged.

        None where nothing is known.
        """
        planned, kept = self.price[field], getattr(self, field)
        if field == "usd" and kept is not None and self.usd_low is not None:
            return Range(self.usd_low, kept), self.usd_low == kept
        if kept is not None and (planned is None or kept != planned["high"]):
            return Range(kept, kept), True  # the journal held the high end before
        return (None if planned is None else Range(**planned)), False


class PlannedJob(NamedTuple):
    """A job to be written as an intent, and whose it is."""

    position: int
    job: Job
    price: Price
    backend: str
