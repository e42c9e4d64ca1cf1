"""A task's results, compared with what was sent before they become numbers."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from qfusion_braket.counts_to_expectations import from_counts
from qfusion_braket.options import Options
from qfusion_core import FailedPart, Job, JobFailed, Unreadable, commuting_groups

_NOISE = 1e-6  # of sums of probabilities, and of values that are exact


class TaskReply(NamedTuple):
    """Read out of a task's results.

    Attributes:
        values: ``[rows, observables]`` of the job; NaN where it failed.
        raw: Counts of each setting and row, or values where they are exact; JSON.
        seconds: That a simulator took; None where it is not told.
        failed: Parts that were not run.
        reason: Why.
    """

    values: torch.Tensor
    raw: bytes
    seconds: float | None
    failed: tuple[FailedPart, ...] = ()
    reason: str = ""


def reply_of(
    document: dict[str, Any], job: Job, options: Options, least: Callable[[], int] = lambda: 1
) -> TaskReply:
    """Values out of a ``results.json`` whose parts are all in it.

    Args:
        document: See `qfusion_braket.download`.
        job: That was sent.
        options: With which it was.
        least: Fewest shots of a program set, should a part of it have to be sent again.

    Raises:
        Unreadable: The document is not what was asked for.
        JobFailed: Nothing of it was run, or so little was not that it cannot be sent by itself.
    """
    try:
        if "programResults" in document:
            return _program_set(document, job, options, least)
        if options.shots is None:
            return _exact(document, job, options)
        _require_shots(document, options.shots)
        table, records = _read([[document]], job, options)
        return TaskReply(table, json.dumps(records).encode(), _seconds(document))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        problem = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise Unreadable(
            f"AWS's results are not those of the task that was sent ({problem})",
            json.dumps(document).encode(),
        ) from None


def _program_set(
    document: dict[str, Any], job: Job, options: Options, least: Callable[[], int]
) -> TaskReply:
    executables = _executables(document, job)
    bad = [["failureMetadata" in result for result in rows] for rows in executables]
    reason = _reason(executables)
    parts = _parts(bad, job)
    shots = options.shots or 0
    small = [part for part in parts if _executions(part) * shots < least()] if parts else []
    if reason and (all(map(all, bad)) or small):
        raise JobFailed(reason)
    table, records = _read(executables, job, options)
    return TaskReply(table, json.dumps(records).encode(), _seconds(document), parts, reason)


def _read(
    executables: Sequence[Sequence[dict[str, Any]]], job: Job, options: Options
) -> tuple[torch.Tensor, list[dict[str, Any]]]:
    table, records = np.full(job.shape, np.nan), []
    for (basis, columns), results in zip(
        commuting_groups(job.observables), executables, strict=True
    ):
        words = [job.observables[column] for column in columns]
        for row, result in enumerate(results):
            if "failureMetadata" in result:
                continue
            qubits = result["measuredQubits"]
            if len(set(qubits)) < len(qubits):
                raise ValueError(f"qubits {qubits}, expected each once")
            counts = _counts(result, len(qubits), options.shots)
            wires = _wires(qubits, job.circuit.n_wires, options)
            table[row, columns] = from_counts(counts, wires, words)
            records.append({"basis": basis, "row": row, "wires": wires, "counts": counts})
    return torch.from_numpy(table), records


def _wires(qubits: Sequence[int], n_wires: int, options: Options) -> list[int]:
    """Which wire each measured qubit is; some may be measured that nobody asked for."""
    layout = list(options.qubits or range(n_wires))[:n_wires]
    if missing := set(layout) - set(qubits):
        expected = " and ".join(map(str, sorted(missing)))
        raise ValueError(f"qubits {qubits}, expected {expected} among them")
    others = iter(range(n_wires, n_wires + len(qubits)))
    return [layout.index(qubit) if qubit in layout else next(others) for qubit in qubits]


def _counts(result: dict[str, Any], qubits: int, shots: int | None) -> dict[str, float]:
    """How often each text of bits was measured, or how likely it is."""
    counts: dict[str, float]
    if measurements := result.get("measurements"):
        counts = dict(sorted(Counter("".join(map(str, bits)) for bits in measurements).items()))
        if len(measurements) != shots:
            raise ValueError(f"{len(measurements)} shots, expected {shots}")
    else:
        counts = {text: float(share) for text, share in result["measurementProbabilities"].items()}
        if not all(0 <= share <= 1 + _NOISE for share in counts.values()):
            raise ValueError("probabilities outside of 0 to 1")
        if not abs(math.fsum(counts.values()) - 1) <= _NOISE:
            raise ValueError(f"probabilities of sum {math.fsum(counts.values()):g}, expected 1")
    for text in counts:
        if len(text) != qubits or set(text) - set("01"):
            raise ValueError(f"bits {text[:50]!r}, expected {qubits} of 0 and 1")
    return counts


def _exact(document: dict[str, Any], job: Job, options: Options) -> TaskReply:
    results = document["resultTypes"]
    values = [float(result["value"]) for result in results]
    if len(values) != len(job.observables):
        raise ValueError(f"{len(values)} values for {len(job.observables)} observables")
    for word, result, value in zip(job.observables, results, values, strict=True):
        if not abs(value) <= 1 + _NOISE:
            raise ValueError(f"{value} for {word}, expected at most 1")
        _require_word(word, result.get("type"), options)
    raw = json.dumps({"expectations": values}).encode()
    return TaskReply(torch.tensor([values], dtype=torch.float64), raw, _seconds(document))


def _require_word(word: str, value: Any, options: Options) -> None:
    """Refuse the value of another observable, where it is told of which it is."""
    if not isinstance(value, dict) or not value.get("observable") or not value.get("targets"):
        return
    qubits = options.qubits or range(len(word))
    expected = {qubits[wire]: letter for wire, letter in enumerate(word) if letter != "I"}
    letters = [str(letter).upper() for letter in value["observable"]]
    observable = dict(zip(value["targets"], letters, strict=True))
    if {wire: letter for wire, letter in observable.items() if letter != "I"} != expected:
        raise ValueError(f"the value of {observable}, expected that of {word}")


def _executables(document: dict[str, Any], job: Job) -> list[list[dict[str, Any]]]:
    """Results ``[settings][rows]`` of a program set, those that failed among them."""
    settings, rows = len(commuting_groups(job.observables)), job.shape[0]
    # see `qfusion_braket.task_documents`: without inputs each row is a program of its own
    expected, per_program = (settings, rows) if job.angles.shape[1] else (settings * rows, 1)
    programs = [program["executableResults"] for program in document["programResults"]]
    if len(programs) != expected:
        raise ValueError(f"{len(programs)} programs, expected {expected}")
    flat = []
    for results in programs:
        places = [one["inputsIndex"] for one in results]
        if sorted(places) != list(range(per_program)):
            raise ValueError(f"executables {places}, expected each of 0 to {per_program - 1} once")
        flat += sorted(results, key=lambda one: one["inputsIndex"])
    return [flat[start : start + rows] for start in range(0, len(flat), rows)]


def _parts(bad: Sequence[Sequence[bool]], job: Job) -> tuple[FailedPart, ...]:
    """Settings that failed for rows one after another."""
    groups, parts, start = commuting_groups(job.observables), [], 0
    rows = [tuple(setting[row] for setting in bad) for row in range(job.shape[0])]
    for row in range(1, len(rows) + 1):
        if row < len(rows) and rows[row] == rows[start]:
            continue
        chosen = [
            members for (_, members), failed in zip(groups, rows[start], strict=True) if failed
        ]
        if chosen:
            parts.append(
                FailedPart(
                    (job.rows[0] + start, job.rows[0] + row),
                    tuple(job.columns[column] for members in chosen for column in members),
                    {**job.facts, "settings": len(chosen)},
                )
            )
        start = row
    return tuple(parts)


def _executions(part: FailedPart) -> int:
    return (part.rows[1] - part.rows[0]) * int(part.facts["settings"])


def _reason(executables: Sequence[Sequence[dict[str, Any]]]) -> str:
    """How many executables failed, and why; empty where none did."""
    every = [result for rows in executables for result in rows]
    reasons = [
        str(result["failureMetadata"]["failureReason"])
        for result in every
        if "failureMetadata" in result
    ]
    if not reasons:
        return ""
    return f"{len(reasons)} of {len(every)} executables failed: {'; '.join(sorted(set(reasons)))}"


def _require_shots(document: dict[str, Any], shots: int) -> None:
    returned = (document.get("taskMetadata") or {}).get("shots")
    if returned is not None and returned != shots:
        raise ValueError(f"{returned} shots, expected {shots}")


def _seconds(document: dict[str, Any]) -> float | None:
    metadata = document.get("additionalMetadata") or {}
    milliseconds = (metadata.get("simulatorMetadata") or {}).get("executionDuration")
    if not isinstance(milliseconds, int | float) or isinstance(milliseconds, bool):
        return None
    return milliseconds / 1000 if 0 <= milliseconds < math.inf else None
