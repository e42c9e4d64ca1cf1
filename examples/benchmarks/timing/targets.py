"""What the device promises on these circuits, and whether a measurement shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from peers.catalogue import DEFAULT_QUBIT

from timing.case import Case
from timing.race import Measured, Result
from timing.summary import Summary, ratios, summarise

OTHER = "fastest other peer"
Subject = Literal["statevector", "statevector (torch)"]
OURS: Subject = "statevector"
TORCH: Subject = "statevector (torch)"


@dataclass(frozen=True)
class Target:
    """So many times faster than something.

    Attributes:
        subject: Our fastest executor, or the torch executor.
        against: What it is compared with.
        factor: How many times faster it should be.
        stretch: Whether it is hoped for only.
    """

    subject: Subject
    against: str
    factor: float
    stretch: bool = False

    @property
    def text(self) -> str:
        """For people."""
        wish = " (stretch)" if self.stretch else ""
        return f"{self.subject}: at least {self.factor:g} times faster than {self.against}{wish}"


@dataclass(frozen=True)
class Verdict:
    """A target and what was measured; None where there is nothing to compare."""

    target: Target
    measured: Summary | None
    compared: tuple[str, str] | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches it."""
        return None if self.measured is None else self.measured.median >= self.target.factor


def targets(case: Case) -> list[Target]:
    """Promised for float32, three layers, one core."""
    if case.layers != 3 or case.dtype != "float32":
        return []
    key = (case.circuit, case.qubits, case.readout, case.batch)
    match key:
        case ("ring", 9, "xyz", 32 | 256):
            return [
                Target(OURS, DEFAULT_QUBIT, 100),
                Target(OURS, OTHER, 10),
                Target(TORCH, DEFAULT_QUBIT, 12),
            ]
        case ("ring", 9, "z+zz-all", 32 | 256):
            return [Target(OURS, DEFAULT_QUBIT, 150), Target(TORCH, DEFAULT_QUBIT, 12)]
        case ("ring", 12, "xyz", 32):
            return [Target(OURS, DEFAULT_QUBIT, 100)]
        case ("strong", 9, "xyz", 32):
            return [Target(OURS, DEFAULT_QUBIT, 100), Target(TORCH, DEFAULT_QUBIT, 8)]
        case ("strong", 9, "xyz", 256):
            return [
                Target(OURS, DEFAULT_QUBIT, 60),
                Target(OURS, DEFAULT_QUBIT, 75, stretch=True),
                Target(TORCH, DEFAULT_QUBIT, 8),
            ]
        case ("random", 9, "xyz", 32):
            return [Target(TORCH, DEFAULT_QUBIT, 8)]
    return []


def verdicts(measured: Measured) -> list[Verdict]:
    """Every target of a case, judged by the median of the ratios of the rounds."""
    return [judge(target, measured.results) for target in targets(measured.case)]


def judge(target: Target, results: Sequence[Result]) -> Verdict:
    """One target."""
    timed = [result for result in results if result.rounds]
    ours = [r for r in timed if r.ours and r.peer.startswith(target.subject)]
    if target.against == OTHER:
        others = [r for r in timed if not r.ours]
        if {r.peer for r in others} <= {DEFAULT_QUBIT}:  # nobody else was asked
            return Verdict(target, None)
    else:
        others = [r for r in timed if r.peer == target.against]
    if not ours or not others:
        return Verdict(target, None)
    one, other = fastest(ours), fastest(others)
    measured = summarise(ratios(other.rounds, one.rounds))
    return Verdict(target, measured, (one.peer, other.peer))


def fastest(results: Sequence[Result]) -> Result:
    """The one with the smallest median."""
    return min(results, key=lambda result: summarise(result.rounds).median)
