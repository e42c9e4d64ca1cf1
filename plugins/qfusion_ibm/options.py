"""Options and credentials of `ibm`, checked when the YAML is read. Imports no SDK."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

import qfusion_core
from qfusion_ibm.snapshots import is_local, require_snapshot
from qfusion_ibm.zne import Extrapolator, require_fit

MOST_HERE = 10**7  # shots: Aer takes 105 bytes for each
LEAST_HERE = 3.17e-4  # precision: so many shots


class Options(qfusion_core.RemoteOptions):
    """Options of `ibm`."""

    machines = qfusion_core.MachineList(
        Path(__file__).with_name("machines.yaml"), "ibm", "backend", unpriced="by the plan"
    )

    neutral = qfusion_core.RemoteOptions.neutral | {
        "mode", "session_seconds", "max_execution_time", "job_tags",
    }  # fmt: skip

    instead_of_shots = frozenset({"precision"})

    first_options = frozenset({
        "backend", "shots", "precision", "seed", "optimization_level", "layout_seed",
        "resilience_level", "twirling", "dynamical_decoupling", "rows_per_job", "channel", "url",
    })  # fmt: skip

    backend: str = Field(
        pattern=r"^(least-busy|[a-z][a-z0-9_]*)$",
        description="a machine's name (ibm_fez), least-busy, aer, or a snapshot (fake_manila)",
    )
    shots: int | None = Field(None, ge=1, le=10**8, description="draws of each circuit and setting")
    precision: float | None = Field(
        None, ge=1e-4, lt=1, description="standard error that is aimed at, instead of shots"
    )
    seed: int | None = Field(
        None, ge=0, lt=2**63, description="start of the stream of draws: aer and snapshots only"
    )
    optimization_level: int = Field(2, ge=0, le=3, description="of the transpiler")
    layout_seed: int = Field(
        1, ge=0, lt=2**63, description="of the transpiler: which qubits are taken"
    )
    resilience_level: int = Field(
        0, ge=0, le=2, description="of mitigation: 1 is TREX, 2 is ZNE and TREX; 0 is none"
    )
    measure_mitigation: bool | None = Field(
        None, description="TREX, of readout errors; as resilience_level has it if not given"
    )
    zne_mitigation: bool | None = Field(
        None, description="ZNE, with folded gates; as resilience_level has it if not given"
    )
    zne_noise_factors: tuple[Annotated[float, Field(ge=1, le=99)], ...] | None = Field(
        None, min_length=2, max_length=9, description="of the gates' noise; IBM's are 1, 3 and 5"
    )
    zne_extrapolator: Extrapolator | tuple[Extrapolator, ...] | None = Field(
        None, description="to no noise; the first that fits; IBM's are exponential, then linear"
    )
    twirling: Literal["none", "gates", "measurement", "both"] | None = Field(
        None, description="Pauli twirling; left to IBM if not given"
    )
    dynamical_decoupling: Literal["none", "XX", "XpXm", "XY4"] | None = Field(
        None, description="pulses on idle qubits; left to IBM if not given"
    )
    mode: Literal["job", "batch", "session"] = Field(
        "job", description="the Open Plan has no session; a session bills its waiting, too"
    )
    session_seconds: int | None = Field(
        None, ge=1, le=604800, description="longest life of a batch or session, by the clock"
    )
    max_execution_time: int | None = Field(
        None, ge=1, le=10800, description="QPU seconds after which IBM ends a job"
    )
    job_tags: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        (), max_length=7, description="shown in IBM's job list"
    )
    rows_per_job: int | None = Field(
        None,
        ge=1,
        le=10**6,
        description="most rows of a job; default: all, as far as the machine takes them",
    )
    channel: Literal["ibm_quantum_platform", "ibm_cloud"] = Field(
        "ibm_quantum_platform", description="both lead to the same service"
    )

    @model_validator(mode="before")
    @classmethod
    def _no_other_service(cls, options: Any) -> Any:
        """A file that came with a folder would have chosen who is sent the API key."""
        if isinstance(options, dict) and "url" in options:
            raise ValueError(
                "url is no option any more, since the API key would go wherever it points; remove "
                "it: jobs go to IBM"
            )
        return options

    @model_validator(mode="before")
    @classmethod
    def _learns_no_noise(cls, options: Any) -> Any:
        """Both need a model of the machine's noise, which a job of its own learns."""
        for name in ("pec_mitigation", "zne_amplifier"):
            if isinstance(options, dict) and name in options:
                raise ValueError(
                    f"{name}: PEC and PEA need a job of their own to learn the noise, and none is "
                    "sent; use zne_mitigation: true (folded gates)"
                )
        return options

    @field_validator("channel", mode="before")
    @classmethod
    def _today(cls, value: Any) -> Any:
        """IBM's channel of before 2025 is gone; its users moved to the platform."""
        return "ibm_quantum_platform" if value == "ibm_quantum" else value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.shots is None) == (self.precision is None):
            raise ValueError("set either shots or precision: the machine samples")
        if self.seed is not None and not is_local(self.backend):
            raise ValueError(
                f"seed: a machine such as {self.backend} cannot honour one; leave it out"
            )
        require_snapshot(self.backend)
        for name in ("zne_noise_factors", "zne_extrapolator"):
            if getattr(self, name) is not None and not self.zne:
                raise ValueError(f"{name} is of ZNE, which is off: add zne_mitigation: true")
        require_fit(self.zne_noise_factors, self.zne_extrapolator)
        if is_local(self.backend) and self.draws > MOST_HERE:
            least = "" if self.shots else f", a precision of at least {LEAST_HERE}"
            raise ValueError(
                f"{'shots' if self.shots else 'precision'}: {self.backend} runs here and holds "
                f"each draw in memory: expected at most {MOST_HERE} shots{least}"
            )
        return self

    @property
    def draws(self) -> int:
        """Shots of each circuit and setting."""
        if self.shots is not None:
            return self.shots
        assert self.precision is not None
        return math.ceil(1 / self.precision**2)

    @property
    def trex(self) -> bool:
        """Whether readout errors are mitigated."""
        choice = self.measure_mitigation
        return self.resilience_level >= 1 if choice is None else choice

    @property
    def zne(self) -> bool:
        """Whether values are extrapolated to no noise."""
        choice = self.zne_mitigation
        return self.resilience_level == 2 if choice is None else choice

    def mitigation(self) -> dict[str, Any]:
        """The part of the SDK's options that is about mitigation."""
        methods = {
            "measure_mitigation": self.measure_mitigation,
            "zne_mitigation": self.zne_mitigation,
        }
        zne = {"noise_factors": self.zne_noise_factors, "extrapolator": self.zne_extrapolator}
        resilience: dict[str, Any] = {
            name: value for name, value in methods.items() if value is not None
        }
        if chosen := {name: value for name, value in zne.items() if value is not None}:
            resilience["zne"] = chosen
        level = {"resilience_level": self.resilience_level}
        return level | ({"resilience": resilience} if resilience else {})

    def twirls(self) -> dict[str, Any]:
        """The part of the SDK's options that is about twirling; empty where it is left to IBM."""
        if self.twirling is None:
            return {}
        gates = self.twirling in ("gates", "both")
        measure = self.twirling in ("measurement", "both")
        return {"twirling": {"enable_gates": gates, "enable_measure": measure}}

    def pulses(self) -> dict[str, Any]:
        """The part that is about idle qubits; empty where it is left to IBM."""
        if self.dynamical_decoupling is None:
            return {}
        if self.dynamical_decoupling == "none":
            return {"dynamical_decoupling": {"enable": False}}
        chosen = {"enable": True, "sequence_type": self.dynamical_decoupling}
        return {"dynamical_decoupling": chosen}

    def draw(self) -> dict[str, Any]:
        """The part that says how many draws there are."""
        if self.shots is not None:
            return {"default_shots": self.shots}
        return {"default_precision": self.precision}


class Credentials(qfusion_core.Credentials):
    """Credentials of `ibm`; a snapshot needs none."""

    token: SecretStr | None = None
    instance: SecretStr | None = None

    @field_validator("instance")
    @classmethod
    def _shape(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else ""
        if text.startswith("crn:") and text.count(":") < 9:
            raise ValueError("expected a CRN of ten parts with colons between, or a name")
        return value
