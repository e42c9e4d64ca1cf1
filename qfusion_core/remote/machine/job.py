"""What is asked of a remote machine, cut into jobs, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from qfusion_core.circuits.circuit import Circuit
from qfusion_core.remote.money.price import Range

State = Literal["queued", "running", "done", "failed", "cancelled", "unknown"]


@dataclass(frozen=True, eq=False)
class Call:
    """One `evaluate`: a template, rows of angles, and the Pauli words that are measured.

    Attributes:
        angles: ``[rows, n_angles]`` in radians, float64.
    """

    circuit: Circuit
    angles: Tensor
    observables: tuple[str, ...]

    @classmethod
    def of(cls, circuit: Circuit, angles: Tensor, observables: Sequence[str]) -> Call:
        """A call with angles as they are kept."""
        return cls(circuit, angles.detach().double().cpu(), tuple(observables))

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
        """The template, the same for all rows."""
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
        state: A state of the provider's own must be mapped to one of these. ``unknown`` where it
            says that it knows no such job: that is no failure, since it may be so for a moment, or
            in this account; the core asks again, then by the key of the job.
        position: In the queue, from 1; None where it is not told.
        reason: Why it failed or was cancelled.
    """

    state: State
    position: int | None = None
    reason: str = ""


class FailedPart(NamedTuple):
    """A part of a job that the provider could not run.

    Attributes:
        rows: First row of the call and the row after the last.
        columns: Positions in the call's observables.
        facts: Of a job that is this part alone.
    """

    rows: tuple[int, int]
    columns: tuple[int, ...]
    facts: Mapping[str, Any]


def failed_values(
    rows: tuple[int, int], columns: Sequence[int], failed: Sequence[FailedPart]
) -> Tensor:
    """Which values ``[rows, columns]`` of a job are of parts that failed."""
    mask = torch.zeros(rows[1] - rows[0], len(columns), dtype=torch.bool)
    for part in failed:
        places = [columns.index(column) for column in part.columns]
        mask[part.rows[0] - rows[0] : part.rows[1] - rows[0], places] = True
    return mask


@dataclass(frozen=True, eq=False)
class Result:
    """What a finished job gave.

    Attributes:
        values: Expectation values ``[rows, observables]`` of the job.
        failed: Parts that were not run; their values are NaN. Only these are sent anew. They do not
            overlap, and are not all of the job: that has failed.
        reason: Why they failed.
        raw: What the provider returned (counts where there are any), to be corrected again later.
        qpu_seconds: What was really used, where the provider tells; replaces the estimate.
        usd: What was really paid, where the provider tells; a range where it follows from what was
            told, such as seconds, at prices that are not certain. Replaces the estimate.
    """

    values: Tensor
    raw: bytes = b""
    qpu_seconds: float | None = None
    usd: float | Range | None = None
    failed: tuple[FailedPart, ...] = ()
    reason: str = ""


class Charge(NamedTuple):
    """What a provider took for a job that did not give its values.

    Attributes:
        qpu_seconds: As of `Result`.
        usd: Likewise; None where something may have been taken, and nobody tells how much yet:
            then what was reserved stays counted.
    """

    qpu_seconds: float | None
    usd: float | Range | None


class Finding(NamedTuple):
    """One line of a preflight: what was looked at, how it is, and what to do about it.

    Attributes:
        waiting: Jobs in the machine's queue; None where this line is not about it.
        away: Whether the machine takes jobs but runs none now, so that they would wait for it.
    """

    what: str
    status: Literal["ok", "warning", "failed"]
    detail: str = ""
    waiting: int | None = None
    away: bool = False
