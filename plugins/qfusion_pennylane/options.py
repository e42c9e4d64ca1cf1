"""Options of `pennylane`, checked when the YAML is read. Imports neither torch nor PennyLane."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

import qfusion_core
from qfusion_core import one_line

# What one circuit may draw in 2 GB: most devices hold each bit of each draw, as 8 bytes and copies
# of them (50 bytes for two wires, 210 for twelve), Qiskit's 350 to 500 bytes for each circuit.
MOST_SHOTS = 10**6
MOST_QISKIT = 200_000
Method = Literal["auto", "backprop", "adjoint", "parameter-shift"]


class PennyLaneOptions(qfusion_core.Options):
    """Options of `pennylane`."""

    device: str = Field(description="Name of an installed PennyLane device: lightning.qubit.")
    shots: int | None = Field(
        None,
        ge=1,
        le=MOST_SHOTS,
        description="Draws behind each value; default: exact values.",
    )
    seed: int | None = Field(None, ge=0, description="Start of the stream of draws.")
    wires: int | None = Field(None, ge=1, description="Refuse circuits with more qubits than this.")
    diff_method: Method = Field(
        "auto",
        description="How it is differentiated; auto: the fastest way that the device has, "
        "with shots or without any way of its own by parameter shift.",
    )
    remote: Literal["acknowledged"] | None = Field(
        None,
        description="`acknowledged` allows a device that is not known to be local: its jobs "
        "may cost money and are neither journalled nor budgeted.",
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="Arguments of the device's own constructor."
    )

    @model_validator(mode="after")
    def _held(self) -> Self:
        if (self.shots or 0) > MOST_QISKIT and self.device.startswith("qiskit."):
            raise ValueError(
                f"shots: {one_line(self.device, 40)} holds each draw in memory: expected at "
                f"most {MOST_QISKIT}; use type statevector for more"
            )
        return self
