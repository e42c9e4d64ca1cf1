"""Options of `statevector`, checked when the YAML is read. Imports no torch."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

import qfusion_core

MOST_SHOTS = 10**8  # of a group and row: a standard error of 1e-4, in about 5 seconds


class StatevectorOptions(qfusion_core.Options):
    """Options of `statevector`."""

    of_draws: ClassVar[frozenset[str]] = frozenset({"seed", "sampling"})

    executor: Literal["numba", "torch", "lightning"] | None = Field(
        None,
        description="Who computes: numba (CPU only, the fastest), torch (any torch device), "
        "lightning (PennyLane's lightning.qubit, row by row, for very wide circuits); default: "
        "the fastest that is installed and fits.",
    )
    shots: int | None = Field(
        None,
        ge=1,
        le=MOST_SHOTS,
        description="Measurements behind each value, as on a machine; default: exact values.",
    )
    sampling: Literal["draws", "gaussian"] = Field(
        "draws",
        description="With shots: draws (outcomes are drawn, of each light cone by itself where the "
        "circuit is cut into cones; gradients take parameter shift: two more rows for each angle) "
        "or gaussian (noise of the same variance is added to the exact values, which stay "
        "differentiable: for training).",
    )
    seed: int | None = Field(
        None,
        ge=0,
        lt=2**63,
        description="Start of the stream of draws; default: torch's generator.",
    )
    memory_gb: float | None = Field(
        None,
        gt=0,
        description="Most memory that one evaluation may take, in GB; default: what is free.",
    )
