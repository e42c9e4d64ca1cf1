"""Options that every remote device has: how it is waited for. Free of torch."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from qfusion_core.options import Options
from qfusion_core.remote.machine.machine_list import MachineList


def _grace(data: dict[str, float]) -> float:
    return max(0.0, data.get("request_seconds", 0.0) + RemoteOptions.margin_seconds)


def _lease(data: dict[str, float]) -> float:
    return max(600.0, _grace(data))


class RemoteOptions(Options):
    """Base of a remote device's options.

    Attributes:
        neutral: Names of the options that change no value. A subclass that adds one writes
            ``neutral = RemoteOptions.neutral | {"tags"}``.
        machines: The vendor's machines as published, for plans without an account; None: no list.
        margin_seconds: Grace and lease are longer than a request by this much at least: a job may
            be accepted at the very end of a request whose reply was given up, and is listed later.
    """

    neutral: ClassVar[frozenset[str]] = frozenset(
        {
            "poll_seconds", "poll_seconds_max", "timeout_seconds", "request_seconds",
            "grace_seconds", "lease_seconds", "tries",
        }
    )  # fmt: skip
    machines: ClassVar[MachineList | None] = None
    margin_seconds: ClassVar[float] = 30.0

    poll_seconds: float = Field(
        default=1.0, gt=0, le=86400, description="first wait between two looks"
    )
    poll_seconds_max: float = Field(default=30.0, gt=0, le=86400, description="longest such wait")
    timeout_seconds: float = Field(
        default=86400.0,
        ge=0,
        le=1e9,
        description="how long jobs are waited for; they are left, not lost",
    )
    request_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="longest wait for the next part of a reply"
    )
    grace_seconds: float = Field(
        default_factory=_grace,
        ge=0,
        le=86400,
        description="how long a job whose reply was lost is looked for before it is sent again; "
        "default: request_seconds + 30, which is also the least",
    )
    lease_seconds: float = Field(
        default_factory=_lease,
        gt=0,
        le=86400,
        description="how long a process that says nothing keeps a job for itself; at least "
        "request_seconds + 30",
    )
    tries: int = Field(default=6, ge=1, le=100, description="of a request that fails in passing")

    @model_validator(mode="after")
    def _longer_than_a_request(self) -> Self:
        least = self.request_seconds + self.margin_seconds
        for name in ("grace_seconds", "lease_seconds"):
            if getattr(self, name) < least:
                raise ValueError(
                    f"{name}: expected at least request_seconds + {self.margin_seconds:g} = "
                    f"{least:g}, got {getattr(self, name):g}: a job that was accepted late would "
                    "be bought again; leave it out, or lower request_seconds"
                )
        return self
