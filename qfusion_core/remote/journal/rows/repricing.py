"""What is reserved for jobs that are not sent yet, at the price of now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from sqlite3 import Connection

from qfusion_core.remote.journal.rows.job_rows import spent
from qfusion_core.remote.journal.sqlite.costs import folder_of
from qfusion_core.remote.journal.sqlite.totals import JobToSend, reserve_of_all
from qfusion_core.remote.money.budget import Budget, require_budget, upper
from qfusion_core.remote.money.price import Price


def reprice(db: Connection, backend: str, prices: Mapping[str, Price], budget: Budget) -> None:
    """A part of a transaction; see `reprice` of `qfusion_core.remote.journal.rows.job_store`."""
    marks = ", ".join("?" for _ in prices)
    asked = f"SELECT key FROM job WHERE key IN ({marks}) AND state = 'intent'"
    unsent = {key for (key,) in db.execute(asked, tuple(prices))}
    # what another process has sent meanwhile is counted as it is now, not as it was planned
    prices = {key: price for key, price in prices.items() if key in unsent}
    total = Price.total(prices.values())
    require_budget(backend, budget, spent(db, backend, without=prices), total)
    jobs = {key: JobToSend(backend, price) for key, price in prices.items()}
    reserve_of_all(folder_of(db), jobs, {backend: budget})
    for key, price in prices.items():
        db.execute(
            "UPDATE job SET price = ?, tasks = ?, executions = ?, shots = ?, qpu_seconds = ?,"
            " usd = ? WHERE key = ? AND state = 'intent'",
            (
                json.dumps(price.as_json()), price.tasks, price.executions, price.shots,
                upper(price.qpu_seconds), upper(price.usd), key,
            ),
        )  # fmt: skip
