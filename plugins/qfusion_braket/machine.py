"""What is known about a device before a task is sent to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qfusion_core import InputError, PriceSource


@dataclass(frozen=True)
class Limits:
    """Of one program set.

    Attributes:
        executables: Most circuits, each with its values.
        shots: Most shots over all of them.
        least: Fewest shots over all of them.
    """

    executables: int
    shots: int
    least: int = 1


@dataclass(frozen=True)
class Cost:
    """What a device states of its price.

    Attributes:
        price: US dollars.
        unit: For one ``shot``, ``task`` or ``minute``.
        date: Of the statement, ISO 8601.
        source: Of a list that states it in the device's place; None where the device does.
    """

    price: float
    unit: str
    date: str
    source: PriceSource | None = None


@dataclass(frozen=True)
class Machine:
    """A device.

    Attributes:
        name: As people say it.
        qubits: How many there are.
        shots: Fewest and most draws of a circuit; None where there is no limit.
        program_set: Its limits; None where each circuit is a task of its own.
        status: ONLINE, OFFLINE or RETIRED.
        gates: That it knows, by Braket's names; None for all.
        cost: As stated; None where it states none.
        simulator: Whether it is one, and is billed by time.
        queue: How many tasks wait, in AWS's words; empty where it is not told.
        waiting: How many tasks wait, at least; None where it is not told.
        note: How its calibration or file is dated; empty where there is nothing to say.
    """

    name: str
    qubits: int
    shots: tuple[int, int] | None = None
    program_set: Limits | None = None
    status: str = "ONLINE"
    gates: frozenset[str] | None = None
    cost: Cost | None = None
    simulator: bool = False
    queue: str = ""
    waiting: int | None = None
    note: str = ""

    def require_fit(
        self, qubits: int, shots: int | None, chosen: Sequence[int] | None = None
    ) -> None:
        """Refuse a circuit or a number of shots that the device does not take, or no longer.

        Args:
            qubits: Of the circuit.
            shots: Of each execution; None for exact values.
            chosen: Physical qubits, wire by wire, the first ones are taken; None for any.

        Raises:
            InputError: Says what it takes.
        """
        if self.status == "RETIRED":
            raise InputError(f"braket: {self.name} is retired; choose another device")
        if qubits > self.qubits:
            raise InputError(
                f"braket: the circuit has {qubits} qubits, {self.name} has {self.qubits}; use a "
                "quantum encoder with fewer qubits, or a larger device"
            )
        if chosen is not None and len(chosen) < qubits:
            raise InputError(
                f"braket: {self.name}: qubits: expected one for each of the {qubits} wires, got "
                f"{list(chosen)}; correct qubits in backends.yaml"
            )
        if self.shots is None:
            return
        low, high = self.shots
        if shots is None and low > 0:
            raise InputError(f"braket: {self.name} samples; give it shots, from {low} to {high}")
        if shots is not None and not max(low, 1) <= shots <= high:
            raise InputError(
                f"braket: {self.name} takes from {max(low, 1)} to {high} shots of a circuit, "
                f"got {shots}; correct shots in backends.yaml, or --shots"
            )
        sets = self.program_set
        if sets is not None and shots is not None and shots > sets.shots:
            raise InputError(
                f"braket: {self.name} takes {sets.shots} shots of a program set at most, got "
                f"{shots} of one circuit; correct shots in backends.yaml, or --shots"
            )
