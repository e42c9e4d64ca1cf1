"""All simulators on one case: each made ready and checked, then timed in interleaved rounds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from peers.catalogue import Entry, entry
from peers.peer import Pass

from timing.case import Case
from timing.process import GaveUp, Process
from timing.reference import PROMISED, TOLERATED, errors, reference

START = 60.0  # CPU seconds for a library to be imported


@dataclass(frozen=True)
class Limits:
    """When a simulator is given up.

    Attributes:
        first: CPU seconds of the first call, compilation included.
        call: CPU seconds of a call after that.
        turn: Seconds that a turn of a round should last at least.
        memory_gb: Of its process, in the first call.
    """

    first: float = 60.0
    call: float = 20.0
    turn: float = 0.05
    memory_gb: float = 8.0


@dataclass
class Result:
    """One simulator on one case.

    Attributes:
        problem: Why it was not timed; None if it was.
        first_call: CPU seconds, compilation included.
        errors: Of values and gradients: largest error over the largest entry (or over 1).
        rounds: CPU seconds of a forward and backward pass in each round. The process has one core,
            so this is what a clock would show if nobody else wanted that core; of a clock's own
            time, a short call would lose less to others than a long one, and look better.
        wall: The clock's seconds, for comparison.
    """

    peer: str
    ours: bool = False
    problem: str | None = None
    precision: str | None = None
    first_call: float | None = None
    errors: dict[str, float] | None = None
    rounds: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


@dataclass
class Measured:
    """All simulators on one case, and the load average of the machine around it."""

    case: Case
    results: list[Result]
    load: tuple[float, float]


class Race:
    """Keeps the processes of the simulators, so that each library is imported once."""

    def __init__(self, peers: Sequence[str], limits: Limits, core: int | None) -> None:
        self._entries = [entry(name) for name in peers]
        self._limits = limits
        self._processes = {name: Process(name, core, limits.memory_gb) for name in peers}
        self._over: dict[str, list[tuple[Case, str]]] = {name: [] for name in peers}

    def end(self) -> None:
        """End all processes."""
        for process in self._processes.values():
            process.end()

    def run(self, case: Case, rounds: int) -> Measured:
        """Check every simulator, then time those that are right and fast enough."""
        before = load()
        expected = reference(case, case.inputs())
        results = [self._ready(one, case, expected) for one in self._entries]
        for _ in range(rounds):
            for result in results:
                if result.problem is None:
                    self._turn(result)
        return Measured(case, results, (before, load()))

    def _turn(self, result: Result) -> None:
        limit = 10 * (self._limits.call + self._limits.turn)
        try:
            cpu, wall = self._processes[result.peer].ask(
                "repeat", self._limits.turn, what="a turn", limit=limit
            )
        except GaveUp as reason:
            result.problem, result.rounds, result.wall = str(reason), [], []
        else:
            result.rounds.append(cpu)
            result.wall.append(wall)

    def _ready(self, peer: Entry, case: Case, expected: Pass) -> Result:
        result = Result(peer.name, peer.ours, problem=peer.missing())
        for smaller, reason in self._over[peer.name]:
            if result.problem is None and no_larger(smaller, case):
                result.problem = f"{reason}, already with {smaller.title}"
        if result.problem is None:
            try:
                self._make_ready(result, case, expected)
            except GaveUp as reason:
                result.problem = str(reason)
                if reason.over:
                    self._over[peer.name].append((case, result.problem))
        return result

    def _make_ready(self, result: Result, case: Case, expected: Pass) -> None:
        process, limits = self._processes[result.peer], self._limits
        if not process.running:
            process.start()
        traits = process.ask("load", what="import", limit=START)
        result.precision = traits["precision"]
        if traits["per_sample"] and case.batch > 1:
            predicted = process.ask("predict", case, what="one row", limit=limits.first)
            if predicted > limits.call:
                raise GaveUp(
                    f"a call: {predicted:.0f} s predicted from one row, over the limit of "
                    f"{limits.call:g} s",
                    over=True,
                )
        result.first_call, got = process.ask("first", case, what="first call", limit=limits.first)
        result.errors = errors(got, expected)
        tolerance = (PROMISED if result.ours else TOLERATED)[case.dtype]
        if not max(result.errors.values()) <= tolerance:  # also where an error is NaN
            worst = ", ".join(f"{name} {error:.1e}" for name, error in result.errors.items())
            raise GaveUp(f"does not match default.qubit: errors of {worst}")
        process.ask("repeat", 0.0, what="a call", limit=limits.call)


def no_larger(one: Case, other: Case) -> bool:
    """Whether what was too slow for one case is too slow for the other.

    >>> no_larger(Case(qubits=9), Case(qubits=10)), no_larger(Case(qubits=9), Case(qubits=8))
    (True, False)
    """
    same = (one.circuit, one.readout, one.dtype) == (other.circuit, other.readout, other.dtype)
    sizes = zip(
        (one.qubits, one.layers, one.batch), (other.qubits, other.layers, other.batch), strict=True
    )
    return same and all(small <= large for small, large in sizes)


def load() -> float:
    """Processes that ran or waited in the last minute, on average; NaN where unknown."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
