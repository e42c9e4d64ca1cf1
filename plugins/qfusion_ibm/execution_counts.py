"""How often a job of IBM's program ``executor`` runs circuits, twirling and mitigation included."""

from __future__ import annotations

import math
from typing import NamedTuple

from qfusion_ibm.options import Options
from qfusion_ibm.zne import FACTORS

_MOST_BITS = 5 * 10**8  # of a reply: each is a byte here when it is read


class CircuitRuns(NamedTuple):
    """What is run.

    Attributes:
        executions: Circuits.
        draws: Shots of each.
    """

    executions: int
    draws: int


def runs_of(executions: int, options: Options) -> CircuitRuns:
    """Of a job.

    Twirling draws whole rounds (qiskit_ibm_runtime 0.51, executor/calculate_twirling_shots.py);
    ZNE runs each circuit at each noise factor; TREX runs one circuit more.

    Args:
        executions: Rows times measurement settings.
        options: Of the device.
    """
    draws = options.draws
    left_to_ibm = options.twirling is None and options.resilience_level == 2
    if options.trex or left_to_ibm or options.twirling not in (None, "none"):
        per_randomization = max(64, math.ceil(draws / 32))
        draws = per_randomization * math.ceil(draws / per_randomization)
    return CircuitRuns(executions * _factors(options) + int(options.trex), draws)


def most_rows(qubits: int, settings: int, options: Options) -> int:
    """Of a job, whose reply holds every qubit of each shot."""
    bits = settings * _factors(options) * runs_of(1, options).draws * qubits
    return max(1, _MOST_BITS // bits)


def _factors(options: Options) -> int:
    return len(options.zne_noise_factors or FACTORS) if options.zne else 1
