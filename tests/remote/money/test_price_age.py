"""Whoever is asked for a price is told where its list is old, whichever door asks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from qfusion_core.cli import job_prompts
from qfusion_core.remote.money.price import ListedPrice, Price
from qfusion_core.remote.money.price_age import MOST_DAYS, price_lines
from qfusion_core.workflows import measuring


def price_of(day):
    return Price(1, 100, sources=(ListedPrice("a list", str(day)),))


@pytest.mark.parametrize(("days", "lines"), [(MOST_DAYS, 1), (MOST_DAYS + 1, 2)])
def test_the_command_line_and_a_program_are_told_alike(days, lines, caplog, capsys):
    price = price_of(datetime.now(UTC).date() - timedelta(days=days))
    told = price_lines("queue", price)
    assert len(told) == lines and told[0] == f"queue: {price}"
    shows = measuring.showing_prices()
    for _ in range(2):
        shows("queue", price)
    assert caplog.messages == [*told, told[0]]  # that it is old is said once
    job_prompts.show_price("queue", price)
    assert capsys.readouterr().err.splitlines() == told


def test_the_line_says_which_day_and_what_to_do():
    _, old = price_lines("queue", price_of(date(2020, 1, 2)))
    assert old.startswith("prices as of 2020-01-02 (") and old.endswith(
        "look at their source again"
    )
