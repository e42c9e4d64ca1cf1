"""What an open device knows of its entry: name, budget, and where its jobs are written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.money.budget import Budget


@dataclass(frozen=True)
class Binding:
    """What `open_backend` knows and a device does not.

    Attributes:
        backend: Name in ``backends.yaml``.
        budget: What it may spend over one run.
        measurement: Where its jobs are written down.
    """

    backend: str
    budget: Budget | None = None
    measurement: Measurement = field(default_factory=Measurement)
