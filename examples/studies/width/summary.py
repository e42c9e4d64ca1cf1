"""Rows of results, put together over seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from width.cells import CIRCUIT, NONE, SHAM

Row = dict[str, Any]
Size = tuple[Any, ...]


class Spread(NamedTuple):
    """Of one number over seeds: mean, smallest and largest, and how many there are."""

    mean: float
    low: float
    high: float
    seeds: int

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        """Of the numbers of all seeds."""
        return cls(float(np.mean(numbers)), min(numbers), max(numbers), len(numbers))


def grouped(rows: Iterable[Row], *names: str) -> dict[Size, list[Row]]:
    """Rows with the same values of these, in the order of the values."""
    found: dict[Size, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return dict(sorted(found.items(), key=lambda item: [(at is not None, at) for at in item[0]]))


def over_seeds(rows: Sequence[Row], name: str) -> Spread | None:
    """One number of rows; None where they have none."""
    numbers = [row[name] for row in rows if name in row]
    return Spread.of(numbers) if numbers else None


def paired(rows: Sequence[Row], others: Sequence[Row], name: str) -> Spread | None:
    """Differences of rows and others of the same seed; None without a common seed."""
    known = {row["seed"]: row[name] for row in others}
    numbers = [row[name] - known[row["seed"]] for row in rows if row["seed"] in known]
    return Spread.of(numbers) if numbers else None


class Trained(NamedTuple):
    """One line of the table of trainings.

    Attributes:
        arm: As in `cells.Cell`, with ``qubits`` and ``layers``.
        macro_f1: On the test part.
        to_sham: Paired differences to the sham with as many tokens; None for others than circuits.
        to_none: Paired differences to the model without a quantum branch.
        readout_variance: Over rows, mean over words.
        attention_entropy: From 0 to 1.
    """

    arm: str
    qubits: int | None
    layers: int | None
    macro_f1: Spread
    to_sham: Spread | None
    to_none: Spread | None
    readout_variance: Spread | None
    attention_entropy: Spread | None


def trainings(rows: Sequence[Row]) -> list[Trained]:
    """Of one data set."""
    sizes = grouped(rows, "arm", "qubits", "layers")
    found = []
    for arm in (NONE, SHAM, CIRCUIT):
        for (name, qubits, layers), of in sizes.items():
            if name != arm:
                continue
            score = over_seeds(of, "macro_f1")
            assert score
            shams = sizes.get((SHAM, qubits, None), []) if arm == CIRCUIT else []
            nones = sizes.get((NONE, None, None), []) if arm != NONE else []
            found.append(
                Trained(
                    arm, qubits, layers, score,
                    paired(of, shams, "macro_f1"), paired(of, nones, "macro_f1"),
                    over_seeds(of, "readout_variance"), over_seeds(of, "attention_entropy"),
                )
            )  # fmt: skip
    return found


def on_machines(rows: Sequence[Row]) -> dict[Size, dict[str, Any]]:
    """By data set, machine, layers and qubits: means over seeds, and the facts of the plan."""
    found = {}
    for size, of in grouped(rows, "data", "machine", "layers", "qubits").items():
        means = {
            name: float(np.mean([row[name] for row in of]))
            for name in (
                "exact_macro_f1", "macro_f1", "same_class", "error", "error_of_shots", "spread",
            )
        }  # fmt: skip
        of_machine = max(0.0, means["error"] ** 2 - means["error_of_shots"] ** 2) ** 0.5
        found[size] = means | {
            "of_machine": of_machine, "facts": of[0]["facts"], "seeds": len(of),
        }  # fmt: skip
    return found
