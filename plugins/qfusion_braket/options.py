"""Options and credentials of `braket`, checked when the YAML is read. Imports no SDK."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

import qfusion_core
from qfusion_braket.device_names import LOCAL, address_of, is_exact
from qfusion_braket.emulation.document import require_document


class Noise(qfusion_core.Options):
    """Noise of `local-dm`, after each gate of the circuit and before each measurement."""

    one_qubit: float = Field(0.0, ge=0, le=0.75, description="depolarizing, after one-qubit gates")
    two_qubit: float = Field(
        0.0, ge=0, le=0.9375, description="depolarizing, after two-qubit gates"
    )
    readout: float = Field(0.0, ge=0, le=0.5, description="probability that a bit is read wrong")


class Options(qfusion_core.RemoteOptions):
    """Options of `braket`."""

    machines = qfusion_core.MachineList(
        Path(__file__).with_name("machines.yaml"), "braket", "device"
    )

    neutral = qfusion_core.RemoteOptions.neutral | {
        "s3", "tags", "max_parallel", "profile", "properties", "reservation",
    }  # fmt: skip

    first_options = frozenset({
        "device", "emulate", "region", "shots", "noise", "seed", "optimization_level",
        "layout_seed", "rows_per_job", "error_mitigation", "qubits",
    })  # fmt: skip

    device: str | None = Field(
        None, description="local, local-dm, sv1, dm1, a QPU (ionq/Forte-1), or an ARN"
    )
    emulate: str | None = Field(
        None, description="file with a device's saved properties, to be emulated here"
    )
    properties: str | None = Field(
        None, description="file with this device's saved properties: for noise and --dry-run"
    )
    region: str | None = Field(
        None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="of AWS, where the name tells none"
    )
    shots: int | None = Field(
        None,
        ge=1,
        le=10**8,
        description="draws of each circuit and setting; none: exact, on simulators",
    )
    noise: Noise | None = Field(None, description="of local-dm")
    seed: int | None = Field(
        None, ge=0, lt=2**63, description="start of the stream of draws; only for what runs here"
    )
    optimization_level: int = Field(
        2, ge=0, le=3, description="of Qiskit's transpiler, for an emulated device"
    )
    layout_seed: int = Field(
        1, ge=0, lt=2**63, description="of the transpiler: which qubits are taken"
    )
    s3: str | None = Field(
        None,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{2,62}(/[^\s]*)?$",
        description="s3://bucket/folder for results; default: the account's bucket for Braket",
    )
    max_parallel: int = Field(
        10, ge=1, le=10000, description="most unfinished tasks at AWS at once"
    )
    rows_per_job: int | None = Field(
        None,
        ge=1,
        le=10**6,
        description="most rows of a task; default: as many as the device takes",
    )
    error_mitigation: Literal["debias"] | None = Field(
        None, description="by IonQ; takes 2500 shots or more"
    )
    qubits: tuple[Annotated[int, Field(ge=0, lt=10**5)], ...] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="physical qubits, wire by wire; default: AWS chooses",
    )
    reservation: str | None = Field(
        None,
        pattern=r"^arn:aws[a-z-]*:braket:\S+$",
        description="ARN of a Braket Direct reservation",
    )
    tags: dict[
        Annotated[str, Field(min_length=1, max_length=128)], Annotated[str, Field(max_length=256)]
    ] = Field({}, max_length=49, description="put on each task at AWS")
    profile: str | None = Field(None, min_length=1, description="of the AWS configuration")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.device is None) == (self.emulate is None):
            raise ValueError("set either device, or emulate with a file of saved properties")
        if self.noise is not None and self.device != "local-dm":
            raise ValueError("noise: only device local-dm has a noise model of its own")
        if self.qubits is not None and len(set(self.qubits)) < len(self.qubits):
            raise ValueError("qubits: each one once")
        if self.is_local:
            self._require_local()
        else:
            self._require_remote()
        return self

    def that_change_values(self) -> dict[str, Any]:
        """See `qfusion_core.Options`: an emulated device is what its file says."""
        counted = super().that_change_values()
        if self.emulate is not None:
            counted["emulate"] = sha256(Path(self.emulate).read_bytes()).hexdigest()
        return counted

    @property
    def is_local(self) -> bool:
        """Whether it runs in this process."""
        return self.emulate is not None or self.device in LOCAL

    def _require_local(self) -> None:
        if self.emulate is not None:
            if self.shots is None:
                raise ValueError("shots: an emulated device samples; give their number")
            require_document(self.emulate)
        if self.seed is not None and self.shots is None:
            raise ValueError("seed: exact values draw nothing; give shots, or leave it out")
        names = ["properties", "region", "s3", "error_mitigation", "reservation", "profile"]
        names += ["qubits"] if self.emulate is None else []
        misplaced = [name for name in names if getattr(self, name) is not None]
        if misplaced:
            raise ValueError(f"{misplaced[0]}: only for a device at AWS; leave it out")

    def _require_remote(self) -> None:
        assert self.device is not None
        address_of(self.device, self.region)
        if self.properties is not None:
            require_document(self.properties)
        if self.seed is not None:
            raise ValueError(f"seed: {self.device} cannot honour one; leave it out")
        if self.shots is None and not is_exact(self.device):
            raise ValueError(f"shots: {self.device} samples; give their number")
        if self.error_mitigation and "ionq/" not in self.device:
            raise ValueError("error_mitigation: debias is IonQ's; leave it out")


class Credentials(qfusion_core.Credentials):
    """Credentials of `braket`; without them AWS's own chain is used: environment, profile, role."""

    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key go together")
        return self
