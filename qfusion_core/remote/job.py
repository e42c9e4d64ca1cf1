"""What is asked of a remote machine, cut into jobs, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from qfusion_core.circuit import Circuit
from qfusion_core.errors import InputError, QfusionError

State = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, eq=False)
class Call:
    """One `evaluate`: a template, rows of angles, and the Pauli words that are measured.

    Attributes:
        angles: ``[rows, n_angles]`` in radians, float64.
    """

    circuit: Circuit
    angles: Tensor
    observables: tuple[str, ...]

    def agrees(self, other: Call) -> bool:
        """Whether both ask the same; products in float32 differ in their last bits."""
        return (
            self.observables == other.observables
            and self.angles.shape == other.angles.shape
            and self.circuit.digest() == other.circuit.digest()
            and torch.allclose(self.angles, other.angles, rtol=1e-6, atol=1e-6)
        )


@dataclass(frozen=True, eq=False)
class Job:
    """A part of a call that is one job or task at the provider: some rows, some observables.

    Attributes:
        call: The whole.
        rows: First row of the call and the row after the last.
        columns: Positions in the call's observables.
        facts: Plain data: shown by `qfusion estimate` (measurement settings, depth after
            transpilation, two-qubit gates), kept in the journal, there for `submit` to use.
    """

    call: Call = field(repr=False)
    rows: tuple[int, int]
    columns: tuple[int, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def circuit(self) -> Circuit:
        """The template."""
        return self.call.circuit

    @property
    def angles(self) -> Tensor:
        """``[rows of this job, n_angles]`` in radians, float64."""
        return self.call.angles[slice(*self.rows)]

    @property
    def observables(self) -> tuple[str, ...]:
        """The Pauli words of this job, wire 0 first."""
        return tuple(self.call.observables[column] for column in self.columns)

    @property
    def shape(self) -> tuple[int, int]:
        """Of its values: ``(rows, observables)``."""
        return self.rows[1] - self.rows[0], len(self.columns)


class JobStatus(NamedTuple):
    """What a provider says of a job.

    Attributes:
        state: A state of the provider's own must be mapped to one of these.
        position: In the queue, from 1; None where it is not told.
        reason: Why it failed or was cancelled.
    """

    state: State
    position: int | None = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Result:
    """What a finished job gave.

    Attributes:
        values: Expectation values ``[rows, observables]`` of the job.
        raw: What the provider returned (counts where there are any), to be corrected again later.
        qpu_seconds: What was really used, where the provider tells; replaces the estimate.
        usd: What was really paid, where the provider tells; replaces the estimate.
    """

    values: Tensor
    raw: bytes = b""
    qpu_seconds: float | None = None
    usd: float | None = None


class Finding(NamedTuple):
    """One line of a preflight: what was looked at, how it is, and what to do about it."""

    what: str
    status: Literal["ok", "warning", "failed"]
    detail: str = ""


def tiles(
    circuit: Circuit,
    angles: Tensor,
    observables: Sequence[str],
    *,
    rows: int | None = None,
    groups: Sequence[Sequence[int]] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[Job]:
    """A plan: every row with every observable, once, in the fewest jobs of bounded size.

    Args:
        circuit: The template.
        angles: ``[rows, n_angles]`` in radians.
        observables: Pauli words, one letter per wire, wire 0 first.
        rows: Most rows of a job; None for no limit.
        groups: Positions of the observables that go together; all in one group by default.
        facts: Of each job.

    Raises:
        InputError: ``rows`` is less than 1.
    """
    if rows is not None and rows < 1:
        raise InputError(f"rows of a job: expected at least 1, got {rows}")
    call = Call(circuit, angles.detach().double().cpu(), tuple(observables))
    size = rows or max(1, len(angles))
    return [
        Job(call, (start, min(start + size, len(angles))), tuple(columns), facts or {})
        for columns in ([range(len(observables))] if groups is None else groups)
        for start in range(0, len(angles), size)
    ]


def require_result(device: str, job: Job, result: Result) -> Result:
    """Refuse values of a wrong shape, or not finite.

    Raises:
        QfusionError: A fault of the adapter; the job stays, and can be fetched again.
    """
    shape = tuple(result.values.shape)
    if shape != job.shape or not bool(torch.isfinite(result.values).all()):
        raise QfusionError(
            f"device {device!r}: fetch returned shape {list(shape)}, expected finite values "
            f"{list(job.shape)} (rows, observables); this is a fault of the device's plugin"
        )
    return result


def require_cover(device: str, call: Call, jobs: Sequence[Job]) -> None:
    """Refuse a plan that leaves a value out or asks for it twice.

    Raises:
        QfusionError: Names the first such row and observable: a fault of the adapter.
    """
    asked = torch.zeros(len(call.angles), len(call.observables), dtype=torch.int64)
    for job in jobs:
        asked[slice(*job.rows), list(job.columns)] += 1
    if wrong := (asked != 1).nonzero().tolist():
        row, column = wrong[0]
        raise QfusionError(
            f"device {device!r}: its plan covers row {row}, observable "
            f"{call.observables[column]!r} {int(asked[row, column])} times, expected once; "
            "this is a fault of the device's plugin"
        )
