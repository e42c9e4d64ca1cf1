"""What is reserved for jobs that are not sent yet, at the price of now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from qfusion_core.config.backends_schema import Budget
from qfusion_core.remote.budget import high, require_budget
from qfusion_core.remote.intents import spent
from qfusion_core.remote.price import Price
from qfusion_core.remote.schema import transaction


def reprice(path: Path, backend: str, prices: Mapping[str, Price], budget: Budget) -> None:
    """Reserve the price of now for intents, if the budget allows all of them together.

    Args:
        path: Of the journal.
        backend: Whose jobs they are.
        prices: By key.
        budget: Of the backend.

    Raises:
        BudgetError: They do not fit; what was reserved for them before is not counted.
    """
    with transaction(path) as db:
        before = spent(db, backend, without=tuple(prices))
        require_budget(backend, budget, before, Price.total(prices.values()))
        for key, price in prices.items():
            db.execute(
                "UPDATE job SET price = ?, tasks = ?, executions = ?, shots = ?, qpu_seconds = ?,"
                " usd = ? WHERE key = ? AND state = 'intent'",
                (
                    json.dumps(price.as_json()), price.tasks, price.executions, price.shots,
                    high(price.qpu_seconds), high(price.usd), key,
                ),
            )  # fmt: skip
