"""What an evaluation took: jobs, shots, gates, time, money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from torch import Tensor

from qfusion_core.circuits.pauli_words import commuting_groups
from qfusion_core.interfaces.device import Device
from qfusion_core.model.circuit_encoder import CircuitEncoder
from qfusion_core.remote.planning.estimate import estimate, merge_facts

if TYPE_CHECKING:
    from qfusion_core.remote.journal.rows.records import JobRecord


@dataclass(frozen=True)
class Amount:
    """Of dollars, or of seconds on a machine.

    Attributes:
        basis: ``free``; ``charged`` where the provider said so for every job; ``estimate``
            otherwise: the range of the plan, or what follows from the seconds that were told.
    """

    low: float
    high: float
    basis: Literal["free", "charged", "estimate"]


@dataclass(frozen=True)
class Cost:
    """What one backend took for all rows.

    Attributes:
        jobs: At the provider, repeated ones included; None for a simulator without jobs.
        shots: In total; None where none are drawn. Of a simulator without jobs: rows times
            settings times shots, its words grouped as a machine would measure them.
        depth: Of the transpiled circuit where the adapter tells, else of the circuit as traced.
        two_qubit_gates: Likewise.
        transpiled: Which of both.
        seconds: Spent on the circuit now, without what is done once, such as compiling kernels.
        turnaround: Seconds from the first job written to the last result in the journal, whenever
            that was; None without a queue.
        seconds_per_row: Turnaround, else seconds, over the rows.
        usd: None where nothing is known about it.
        qpu_seconds: Likewise.
    """

    jobs: int | None
    shots: int | None
    depth: int
    two_qubit_gates: int
    transpiled: bool
    seconds: float
    turnaround: float | None
    seconds_per_row: float
    usd: Amount | None
    qpu_seconds: Amount | None


FREE = Amount(0.0, 0.0, "free")


def cost(
    encoder: CircuitEncoder,
    x_q: Tensor,
    device: Device,
    seconds: float,
    records: Sequence[JobRecord],
) -> Cost:
    """What it took a device to answer for all rows.

    Args:
        encoder: With the circuit.
        x_q: Features ``[rows, n_features]``.
        device: That answered.
        seconds: It took here.
        records: Its jobs in the journal; none for what runs here.
    """
    from qfusion_core.remote.planning.queued_device import QueuedDevice

    circuit, rows = encoder.traced, len(x_q)
    settings = len(commuting_groups(encoder.observables))
    jobs, turnaround = None, None
    shots = None if device.shots is None or device.stored else rows * settings * device.shots
    usd: Amount | None = FREE
    qpu_seconds: Amount | None = FREE
    facts: dict[str, Any] = {}
    if records:
        jobs, facts = len(records), merge_facts(record.facts for record in records)
        shots = None if shots is None else sum(record.price["shots"] for record in records)
        started = min(record.written for record in records)
        turnaround = max(record.ended or started for record in records) - started
        usd, qpu_seconds = (_amount(records, field) for field in ("usd", "qpu_seconds"))
    elif isinstance(device, QueuedDevice) and device.local:
        plan = estimate(device, encoder, x_q)
        jobs, shots, facts = plan.jobs, plan.price.shots, plan.facts
    transpiled = "depth" in facts and "two_qubit_gates" in facts
    return Cost(
        jobs=jobs,
        shots=shots,
        depth=facts["depth"] if transpiled else circuit.depth,
        two_qubit_gates=facts["two_qubit_gates"] if transpiled else circuit.two_qubit_gates,
        transpiled=transpiled,
        seconds=round(seconds, 3),
        turnaround=None if turnaround is None else round(turnaround, 3),
        seconds_per_row=round((seconds if turnaround is None else turnaround) / rows, 6),
        usd=usd,
        qpu_seconds=qpu_seconds,
    )


def _amount(records: Sequence[JobRecord], field: Literal["usd", "qpu_seconds"]) -> Amount | None:
    """The sum over jobs: what the provider said of a job, else the range of its plan."""
    low = high = 0.0
    charged = True
    for record in records:
        amount, told_by_provider = record.amount(field)
        if amount is None:
            return None
        low, high, charged = low + amount.low, high + amount.high, charged and told_by_provider
    if high == 0 and not charged:
        return FREE
    return Amount(low, high, "charged" if charged else "estimate")
