"""Prices grow old: what a list says is said to be old after 90 days."""

from __future__ import annotations

from datetime import UTC, date, datetime

from qfusion_core.remote.money.price import ListedPrice, Price

MOST_DAYS = 90


def said_of_age(price: Price, today: date | None = None) -> str | None:
    """A line about the prices of lists that are older than 90 days; None where none is.

    >>> old = ListedPrice("a list", "2026-05-25")
    >>> print(said_of_age(Price(1, 1, sources=(old,)), date(2026, 11, 28)))
    prices as of 2026-05-25 (187 days ago) are older than 90 days: look at their source again
    >>> said_of_age(Price(1, 1, sources=(old,)), date(2026, 8, 23))

    Args:
        price: What is to be shown.
        today: By default of UTC.
    """
    today = today or datetime.now(UTC).date()
    days = {
        each.date: _days(each.date, today)
        for each in price.sources
        if isinstance(each, ListedPrice)
    }
    old = [f"{day} ({n} days ago)" for day, n in sorted(days.items()) if n > MOST_DAYS]
    if not old:
        return None
    return (
        f"prices as of {' and '.join(old)} are older than {MOST_DAYS} days: look at their source "
        "again"
    )


def price_lines(backend: str, price: Price) -> list[str]:
    """What somebody is told before a price is asked for: the price, and that its list is old."""
    return [f"{backend}: {price}", *filter(None, [said_of_age(price)])]


def _days(day: str, today: date) -> int:
    try:
        return (today - date.fromisoformat(day)).days
    except ValueError:  # of a list of one's own, it may be any text
        return 0
