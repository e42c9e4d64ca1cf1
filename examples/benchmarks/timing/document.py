"""A measured case as JSON, and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from timing.case import Case
from timing.race import Measured, Result
from timing.summary import summarise
from timing.table import speedup
from timing.targets import verdicts


def as_document(measured: Measured) -> dict[str, Any]:
    """All of a case: what was measured, and what follows from it."""
    results = []
    for result in measured.results:
        ratio = speedup(result, measured)
        results.append(
            asdict(result)
            | {
                "seconds": summarise(result.rounds)._asdict() if result.rounds else None,
                "speedup": ratio._asdict() if ratio else None,
            }
        )
    judged = [
        {
            "target": verdict.target.text,
            "measured": verdict.measured and verdict.measured._asdict(),
            "compared": verdict.compared,
            "reached": verdict.reached,
        }
        for verdict in verdicts(measured)
    ]
    return {
        "case": asdict(measured.case),
        "results": results,
        "targets": judged,
        "load": measured.load,
    }


def from_document(document: dict[str, Any]) -> Measured:
    """What was measured."""
    known = {one.name for one in fields(Result)}
    results = [
        Result(**{name: value for name, value in result.items() if name in known})
        for result in document["results"]
    ]
    return Measured(Case(**document["case"]), results, tuple(document["load"]))
