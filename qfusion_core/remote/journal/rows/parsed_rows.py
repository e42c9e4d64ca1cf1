"""Rows of a journal as what they stand for: measurements and calls, if they can be such."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from pydantic import TypeAdapter
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.remote.journal.rows.records import JobRecord
from qfusion_core.remote.journal.rows.validation import (
    array,
    document,
    require_moment,
    require_name,
    require_word,
)
from qfusion_core.remote.machine.job import Call, Job


class MeasurementIdentity(NamedTuple):
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
    for name in (*MeasurementIdentity._fields, "owner"):
        require_word(name, row[name])
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


def job_of(call: Call, record: JobRecord) -> Job:
    """A job of a call.

    Raises:
        ValueError: It is of rows or observables that the call does not have.
    """
    if record.rows[1] > len(call.angles) or max(record.columns) >= len(call.observables):
        raise ValueError(f"rows to {record.rows[1]}, columns to {max(record.columns)}: too far")
    return Job(call, record.rows, record.columns, record.facts)


def assembled(
    call: Call, jobs: Iterable[JobRecord], values: Callable[[JobRecord], Tensor]
) -> Tensor:
    """The values of a call out of those of its jobs: ``[rows, observables]``, float64.

    Args:
        call: The whole.
        jobs: All of its jobs, in any order.
        values: Those of a job that is done.

    Raises:
        ValueError: A value is missing, or there twice; a job is not done.
    """
    together = torch.full((len(call.angles), len(call.observables)), torch.nan).double()
    for record in jobs:
        place = slice(*record.rows), list(job_of(call, record).columns)
        if record.state != "done":
            raise ValueError(f"job {record.key} is not done")
        if not bool(together[place].isnan().all()):
            raise ValueError(f"job {record.key} gives what another one gave")
        together[place] = values(record)
    if missing := together.isnan().nonzero().tolist():
        row, column = missing[0]
        raise ValueError(f"no job gives row {row}, observable {call.observables[column]}")
    return together
