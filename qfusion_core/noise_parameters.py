"""Noise in figures: what a machine has, and what a training injects. Free of torch."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from qfusion_core.options import Options

Probability = Annotated[float, Field(ge=0, le=1)]


def _both(value: object) -> object:
    return (value, value) if isinstance(value, int | float) else value


ReadoutError = Annotated[tuple[Probability, Probability], BeforeValidator(_both)]


class Depolarizing(Options):
    """Depolarising error after each gate: ``rho -> (1 - p) rho + p I/d`` on the gate's qubits.

    Every Pauli word that is not the identity there shrinks by ``1 - p``. An average gate error r,
    as vendors report it, is p = 2 r for one qubit and p = 4/3 r for two.
    """

    one_qubit: Probability = Field(default=0.0, description="p after each one-qubit gate")
    two_qubit: Probability = Field(default=0.0, description="p after each two-qubit gate")


class NoiseParameters(Options):
    """Shots, readout error and depolarising error, the same for all qubits.

    >>> NoiseParameters(readout_error=0.02).readout
    (0.02, 0.02)
    """

    model_config = ConfigDict(allow_inf_nan=False)

    shots: int | None = Field(
        default=None, ge=1, le=10**12, description="behind each value; default: exact"
    )
    readout_error: ReadoutError | None = Field(
        default=None, description="[p01, p10]: reading 1 for 0, 0 for 1; or one number for both"
    )
    depolarizing: Depolarizing | None = Field(default=None, description="after each gate")

    @property
    def readout(self) -> tuple[float, float]:
        """``(p01, p10)``."""
        return self.readout_error or (0.0, 0.0)

    @property
    def gates(self) -> Depolarizing:
        """Depolarising error, none if not given."""
        return self.depolarizing or Depolarizing()


class Noise(NoiseParameters):
    """``noise:`` of a run specification: what is injected while training on an exact device."""

    snapshot: str | None = Field(
        default=None,
        min_length=1,
        description="a backend, whose own figures are taken for those that are not given here",
    )
    validation: bool = Field(
        default=False, description="judge the validation rows with noise, too, not exactly"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.snapshot is None and not {"shots", "readout_error", "depolarizing"} & set(
            self.model_fields_set
        ):
            raise ValueError(
                "names no noise; give shots, readout_error, depolarizing or snapshot, or leave "
                "noise out"
            )
        return self
