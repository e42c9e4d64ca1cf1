"""What a job costs, as far as that is known before it ran: always a range, never exact.

No amount is negative, infinite or NaN: such a one would pass every budget, or pay for other jobs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any, NamedTuple, Self, TypeGuard

from qfusion_core.errors import QfusionError
from qfusion_core.printable import one_line

_MOST = 2**53  # of what is counted: up to here a float is exact, and SQLite can add


def is_amount(value: object) -> TypeGuard[float]:
    """Whether it is a number, finite, and not below 0.

    >>> [is_amount(value) for value in (0, 2.5, -1, float("nan"), float("inf"), "3", None)]
    [True, True, False, False, False, False, False]
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    return 0 <= float(value) < math.inf


class _Ends(NamedTuple):
    low: float
    high: float


class Range(_Ends):
    """From ``low`` to ``high``: finite, 0 or more, in this order.

    Raises:
        QfusionError: They are not.

    >>> Range(1, 2) + Range(0.5, 0.5)
    Range(low=1.5, high=2.5)
    >>> Range(1, float("nan"))
    Traceback (most recent call last):
    qfusion_core.errors.QfusionError: from 1 to nan: expected amounts 0 <= low <= high, finite
    """

    __slots__ = ()

    def __new__(cls, low: float, high: float) -> Self:
        """Refuse what is no range of amounts."""
        if not (is_amount(low) and is_amount(high) and low <= high):
            raise QfusionError(
                f"from {str(low)[:30]} to {str(high)[:30]}: expected amounts 0 <= low <= high, "
                "finite"
            )
        return super().__new__(cls, low, high)

    def __add__(self, other: object) -> Range:
        if not isinstance(other, Range):
            return NotImplemented
        return Range(self.low + other.low, self.high + other.high)


class PriceSource(NamedTuple):
    """Where a price was read, and when (ISO 8601)."""

    text: str
    date: str

    def __str__(self) -> str:
        return f"{one_line(self.text, 300)} ({one_line(self.date, 30)})"


class ListedPrice(PriceSource):
    """Of a list that somebody wrote; the machine itself has not told it."""

    __slots__ = ()


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

    Raises:
        QfusionError: A count is negative, or beyond what any provider takes.
    """

    executions: int
    shots: int
    tasks: int = 1
    qpu_seconds: Range | None = None
    usd: Range | None = None
    sources: tuple[PriceSource, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no budget could be held against."""
        for name in ("executions", "shots", "tasks"):
            count = getattr(self, name)
            if not is_amount(count) or count > _MOST:
                raise QfusionError(
                    f"a price of {str(count)[:30]} {name}: expected 0 to 2^53; use fewer shots or "
                    "fewer rows"
                )

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

    @staticmethod
    def highest(prices: Iterable[Price]) -> Price:
        """What is at least the most of each; what is unknown in one is unknown."""
        every = list(prices)
        return Price(
            max(price.executions for price in every),
            max(price.shots for price in every),
            max(price.tasks for price in every),
            _around(price.qpu_seconds for price in every),
            _around(price.usd for price in every),
            tuple(dict.fromkeys(source for price in every for source in price.sources)),
        )

    def within(self, most: Price) -> bool:
        """Whether dollars and QPU time are no more; where they tell nothing, shots and circuits."""
        limits = [
            (ours, limit)
            for ours, limit in ((self.usd, most.usd), (self.qpu_seconds, most.qpu_seconds))
            if limit is not None
        ]
        if not all(ours is not None and ours.high <= limit.high + 1e-9 for ours, limit in limits):
            return False
        # a machine that takes from a quota may cost neither dollars nor seconds
        counts = self.shots <= most.shots and self.executions <= most.executions
        return counts or any(limit.high > 0 for _, limit in limits)

    def as_json(self) -> dict[str, Any]:
        """As plain data, with its sources."""
        document = asdict(self)
        document["qpu_seconds"] = self.qpu_seconds and self.qpu_seconds._asdict()
        document["usd"] = self.usd and self.usd._asdict()
        document["sources"] = [
            {**source._asdict(), "listed": isinstance(source, ListedPrice)}
            for source in self.sources
        ]
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


def _around(amounts: Iterable[Range | None]) -> Range | None:
    every = list(amounts)
    ranges = [amount for amount in every if amount is not None]
    if len(ranges) < len(every):
        return None
    return Range(min(amount.low for amount in ranges), max(amount.high for amount in ranges))


def _about(amount: Range | None, unit: str, what: str) -> str:
    if amount is None:
        return f"no {what} known" if unit == "USD" else f"an unknown {what}"
    of = "" if unit == "USD" else " of QPU time"
    low, high = (f"{value:.2f}" for value in amount)
    return f"about {low} {unit}{of}" if low == high else f"about {low} to {high} {unit}{of}"
