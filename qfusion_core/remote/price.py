"""What a job costs, as far as that is known before it ran: always a range, never exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple


class Range(NamedTuple):
    """From ``low`` to ``high``.

    >>> Range(1, 2) + Range(0.5, 0.5)
    Range(low=1.5, high=2.5)
    """

    low: float
    high: float

    def __add__(self, other: object) -> Range:
        if not isinstance(other, Range):
            return NotImplemented
        return Range(self.low + other.low, self.high + other.high)


class PriceSource(NamedTuple):
    """Where a price was read, and when (ISO 8601)."""

    text: str
    date: str

    def __str__(self) -> str:
        return f"{self.text} ({self.date})"


@dataclass(frozen=True)
class Price:
    """An estimate for a job or for several.

    Attributes:
        executions: Circuits that are run: rows times measurement settings.
        shots: Over all executions.
        tasks: Jobs or tasks, as the provider counts them.
        qpu_seconds: Time on the machine; None where nothing is known about it.
        usd: US dollars; None where nothing is known about them.
        sources: Where the prices come from; none where the machine is free.
    """

    executions: int
    shots: int
    tasks: int = 1
    qpu_seconds: Range | None = None
    usd: Range | None = None
    sources: tuple[PriceSource, ...] = ()

    def __add__(self, other: Price) -> Price:
        return Price(
            self.executions + other.executions,
            self.shots + other.shots,
            self.tasks + other.tasks,
            _sum(self.qpu_seconds, other.qpu_seconds),
            _sum(self.usd, other.usd),
            tuple(dict.fromkeys((*self.sources, *other.sources))),
        )

    @staticmethod
    def total(prices: Iterable[Price]) -> Price:
        """The sum; what is unknown in one is unknown in the sum."""
        nothing = Price(0, 0, 0, Range(0, 0), Range(0, 0))
        return sum(prices, start=nothing)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        document = asdict(self)
        document["qpu_seconds"] = self.qpu_seconds and self.qpu_seconds._asdict()
        document["usd"] = self.usd and self.usd._asdict()
        document["sources"] = [source._asdict() for source in self.sources]
        return document

    def __str__(self) -> str:
        """One line.

        >>> print(Price(48, 48000, 1, None, Range(70, 84.5), (PriceSource("list", "2026-09-01"),)))
        about 70.00 to 84.50 USD, an unknown QPU time; 1 job, 48 executions, 48000 shots; list \
(2026-09-01)
        """
        jobs = "1 job" if self.tasks == 1 else f"{self.tasks} jobs"
        cost = f"{_about(self.usd, 'USD', 'price')}, {_about(self.qpu_seconds, 's', 'QPU time')}"
        sources = "".join(f"; {source}" for source in self.sources)
        return f"{cost}; {jobs}, {self.executions} executions, {self.shots} shots{sources}"


def _sum(first: Range | None, second: Range | None) -> Range | None:
    return None if first is None or second is None else first + second


def _about(amount: Range | None, unit: str, what: str) -> str:
    if amount is None:
        return f"an unknown {what}"
    of = "" if unit == "USD" else " of QPU time"
    low, high = (f"{value:.2f}" for value in amount)
    return f"about {low} {unit}{of}" if low == high else f"about {low} to {high} {unit}{of}"
