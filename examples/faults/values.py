"""What the product holds in its journal, beside what is right."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

# run beside the product: the stored circuit and angles, exact, with PennyLane
TRUTH = """
import json, os, sqlite3
import numpy as np, pennylane as qml, torch
from pydantic import TypeAdapter
from qfusion_core import Circuit

db = sqlite3.connect(os.environ["JOURNAL"])
db.row_factory = sqlite3.Row
row = db.execute("SELECT * FROM call JOIN circuit ON digest = circuit").fetchone()
circuit = TypeAdapter(Circuit).validate_json(row["json"])
angles = np.frombuffer(row["angles"], dtype="<f8").reshape(row["rows"], -1)
words = json.loads(row["observables"])

@qml.qnode(qml.device("default.qubit", wires=circuit.n_wires))
def values(turns):
    circuit.queue(turns)
    return [qml.expval(qml.pauli.string_to_pauli_word(word)) for word in words]

print(json.dumps({"words": words, "values": [
    [float(each) for each in values(torch.tensor(turns))] for turns in angles
]}))
"""
ERRORS = 6.0  # standard errors of the shots that are allowed


class Held(NamedTuple):
    """What a journal holds.

    Attributes:
        rows: How many rows of the last measurement have values.
        wrong: How many values are off by more than sampling allows.
        worst: The largest distance in standard errors.
    """

    rows: int
    wrong: int
    worst: float


def table(journal: Path, what: str) -> list[dict[str, Any]]:
    """Rows of a query; none where there is no journal that can be read."""
    if not journal.is_file() or not journal.stat().st_size:
        return []
    try:
        with closing(sqlite3.connect(journal, timeout=10)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(what)]
    except sqlite3.DatabaseError:
        return []


def held(journal: Path, truth: np.ndarray, shots: int) -> Held:
    """Compare.

    Args:
        journal: The file.
        truth: Exact values ``[rows, words]``.
        shots: Of each value.
    """
    measurements = table(journal, "SELECT id, state FROM measurement ORDER BY rowid")
    jobs = table(
        journal,
        'SELECT measurement, first_row, end_row, columns, "values" FROM job'
        " WHERE state = 'done' AND NOT replaced",
    )
    alive = [each["id"] for each in measurements if each["state"] != "forgotten"]
    covered, distances = set(), [0.0]
    for job in jobs:
        rows = range(job["first_row"], job["end_row"])
        found = np.frombuffer(job["values"], dtype="<f8").reshape(len(rows), -1)
        right = truth[job["first_row"] : job["end_row"], : found.shape[1]]
        errors = np.sqrt((1 - right**2).clip(1e-3) / shots)
        distances += (np.abs(found - right) / errors).ravel().tolist()
        if alive and job["measurement"] == alive[-1]:
            covered |= set(rows)
    wrong = sum(not each <= ERRORS for each in distances)
    return Held(len(covered), wrong, max(distances))
