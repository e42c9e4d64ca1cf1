"""What a call would take, without sending it: the very plan that `RemoteDevice.evaluate` makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from qfusion_core.remote.evaluation import planned
from qfusion_core.remote.job import Call
from qfusion_core.remote.price import Price

if TYPE_CHECKING:
    from qfusion_core.circuit_encoder import CircuitEncoder
    from qfusion_core.remote.device import RemoteDevice


class Estimate(NamedTuple):
    """A plan in figures.

    Attributes:
        jobs: Number of jobs.
        price: Of all of them.
        facts: What the adapter says of a job, such as measurement settings, depth after
            transpilation or two-qubit gates; the largest over the jobs where it is a number.
    """

    jobs: int
    price: Price
    facts: dict[str, Any]


@torch.no_grad()
def estimate(device: RemoteDevice, encoder: CircuitEncoder, x: Tensor) -> Estimate:
    """The plan of a forward pass; nothing is sent.

    Args:
        device: Open, but nothing is asked of it that is not free.
        encoder: With the circuit.
        x: Features ``[rows, n_features]``.
    """
    circuit = encoder.traced
    angles = circuit.angles(encoder.encode(x), encoder.weights.flatten())
    call = Call(circuit, angles.double().cpu(), encoder.observables)
    jobs = planned(device, call)
    facts = together(job.facts for job, _ in jobs)
    return Estimate(len(jobs), Price.total(price for _, price in jobs), facts)


def together(facts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts of several jobs: the largest where it is a number, else the last.

    >>> together([{"depth": 3, "machine": "a"}, {"depth": 2, "machine": "a"}])
    {'depth': 3, 'machine': 'a'}
    """
    found: dict[str, Any] = {}
    for each in facts:
        for name, fact in each.items():
            number = isinstance(fact, int | float) and name in found
            found[name] = max(fact, found[name]) if number else fact
    return found
