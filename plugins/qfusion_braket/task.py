"""What is sent for a job, and what comes back for it: the documents of AWS."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from qfusion_braket.machine import Machine
from qfusion_braket.options import Options
from qfusion_braket.template import Writer, inputs
from qfusion_braket.values import from_counts
from qfusion_core import Job, Refused, commuting_groups

PROGRAM, PROGRAM_SET = "circuit", "program set"  # as plans and estimates say


class Task(NamedTuple):
    """Of `CreateQuantumTask`.

    Attributes:
        action: Program or program set, as JSON; the same in every process.
        shots: Over all executables; 0 for exact values.
    """

    action: str
    shots: int


def task_of(job: Job, machine: Machine, options: Options) -> Task:
    """A program set where the plan says so, else the program of the one row and setting.

    Raises:
        InputError: The device has no gate for one of the circuit's.
    """
    from braket.ir.openqasm import Program, ProgramSet

    writer = Writer(machine.gates, options.qubits)
    values = inputs(job.angles)
    if job.facts["task"] != PROGRAM_SET:
        (row,) = range(job.shape[0])
        if options.shots is None:
            source = writer.exact(job.circuit, job.observables)
        else:
            source = writer.sampled(job.circuit, _bases(job)[0])
        given = {name: column[row] for name, column in values.items()}
        return Task(Program(source=source, inputs=given).json(), options.shots or 0)
    assert options.shots is not None
    # without an input there is nothing to list: each row is a program of its own
    copies = 1 if values else job.shape[0]
    sources = [writer.sampled(job.circuit, basis) for basis in _bases(job)]
    programs = [
        Program(source=each, inputs=values or None) for each in sources for _ in range(copies)
    ]
    total = len(sources) * job.shape[0] * options.shots
    return Task(ProgramSet(programs=programs).json(), total)


class Reply(NamedTuple):
    """Read out of a task's results.

    Attributes:
        values: ``[rows, observables]`` of the job.
        raw: Counts of each setting and row, or values where they are exact; JSON.
        seconds: That a simulator took; None where it is not told.
    """

    values: torch.Tensor
    raw: bytes
    seconds: float | None


def reply_of(document: dict[str, Any], job: Job, options: Options) -> Reply:
    """Values out of a ``results.json`` whose parts are all in it.

    Raises:
        Refused: An executable failed; the document is not what was asked for.
    """
    try:
        if "programResults" in document:
            found = _executables(document, job)
        elif options.shots is None:
            return _exact(document, job)
        else:
            found = [[document]]
        return _sampled(found, job, options, _seconds(document))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        said = f"{type(error).__name__}: {error}"
        raise Refused(f"AWS's results are not those of the task that was sent ({said})") from None


def _sampled(
    found: Sequence[Sequence[dict[str, Any]]], job: Job, options: Options, seconds: float | None
) -> Reply:
    table, kept = np.full(job.shape, np.nan), []
    for (basis, columns), results in zip(commuting_groups(job.observables), found, strict=True):
        words = [job.observables[column] for column in columns]
        for row, result in enumerate(results):
            counts = _counts(result)
            qubits = result["measuredQubits"]
            wires = [options.qubits.index(q) for q in qubits] if options.qubits else qubits
            table[row, columns] = from_counts(counts, wires, words)
            kept.append({"basis": basis, "row": row, "wires": wires, "counts": counts})
    return Reply(torch.from_numpy(table), json.dumps(kept).encode(), seconds)


def _exact(document: dict[str, Any], job: Job) -> Reply:
    values = [float(result["value"]) for result in document["resultTypes"]]
    if len(values) != len(job.observables):
        raise ValueError(f"{len(values)} values for {len(job.observables)} observables")
    raw = json.dumps({"expectations": values}).encode()
    return Reply(torch.tensor([values], dtype=torch.float64), raw, _seconds(document))


def _executables(document: dict[str, Any], job: Job) -> list[list[dict[str, Any]]]:
    """Results ``[settings][rows]`` of a program set."""
    settings, rows = len(_bases(job)), job.shape[0]
    programs = [program["executableResults"] for program in document["programResults"]]
    flat = [
        result for each in programs for result in sorted(each, key=lambda one: one["inputsIndex"])
    ]
    if len(flat) != settings * rows:
        raise ValueError(f"{len(flat)} executables for {settings} settings of {rows} rows")
    if said := failures(document):
        raise Refused(said)
    return [flat[start : start + rows] for start in range(0, len(flat), rows)]


def failures(document: dict[str, Any]) -> str:
    """How many executables of a program set failed, and why; empty where none did."""
    programs = document.get("programResults", [])
    every = [result for program in programs for result in program["executableResults"]]
    reasons = [
        each["failureMetadata"]["failureReason"] for each in every if "failureMetadata" in each
    ]
    if not reasons:
        return ""
    return f"{len(reasons)} of {len(every)} executables failed: {'; '.join(sorted(set(reasons)))}"


def _bases(job: Job) -> list[str]:
    return [basis for basis, _ in commuting_groups(job.observables)]


def _counts(result: dict[str, Any]) -> dict[str, float]:
    if measurements := result.get("measurements"):
        return dict(sorted(Counter("".join(map(str, bits)) for bits in measurements).items()))
    return dict(result["measurementProbabilities"])


def _seconds(document: dict[str, Any]) -> float | None:
    metadata = document.get("additionalMetadata") or {}
    milliseconds = (metadata.get("simulatorMetadata") or {}).get("executionDuration")
    return None if milliseconds is None else milliseconds / 1000
