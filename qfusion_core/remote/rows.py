"""Rows of a journal as what they stand for: measurements and calls, if they can be such."""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from qfusion_core.circuit import Circuit
from qfusion_core.remote.job import Call
from qfusion_core.remote.stored import array, document, require_moment, require_name


class About(NamedTuple):
    """What makes two measurements the same.

    Attributes:
        verb: What opened it: ``evaluate``, ...
        subject: Of what: which rows.
        backend: Name in ``backends.yaml``.
        device: Name of the device.
        options: Digest of the options that change values.
    """

    verb: str
    subject: str
    backend: str
    device: str
    options: str


def measurement_of(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `measurement`, its provenance read.

    Raises:
        ValueError: No measurement can be so.
    """
    require_name("id", row["id"])
    if row["state"] not in ("open", "finished", "forgotten"):
        raise ValueError(f"state: {row['state']!r:.40}")
    for name in (*About._fields, "owner"):
        if not isinstance(row[name], str):
            raise ValueError(f"{name}: expected text, got {row[name]!r:.40}")
    require_moment("opened", row["opened"])
    provenance = document(row["provenance"])
    if not isinstance(provenance, dict):
        raise ValueError("provenance: no mapping")
    return row | {"provenance": provenance}


def call_of(row: sqlite3.Row) -> Call:
    """A row of `call`, joined with its circuit.

    Raises:
        ValueError: No call can be so.
    """
    circuit = TypeAdapter(Circuit).validate_json(row["json"])
    if circuit.digest() != row["digest"]:
        raise ValueError("its circuit has another digest")
    words = document(row["observables"])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError("observables: expected a list of texts")
    angles = array("angles", row["angles"], (row["rows"], circuit.n_angles))
    return Call(circuit, angles, tuple(words))
