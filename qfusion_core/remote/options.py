"""Options that every remote device has: how it is waited for. Free of torch."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from qfusion_core.options import Options


class RemoteOptions(Options):
    """Base of a remote device's options.

    Attributes:
        neutral: Names of the options that change no value. A subclass that adds one writes
            ``neutral = RemoteOptions.neutral | {"tags"}``.
    """

    neutral: ClassVar[frozenset[str]] = frozenset(
        {"poll_seconds", "poll_seconds_max", "timeout_seconds", "grace_seconds", "tries"}
    )

    poll_seconds: float = Field(default=1.0, gt=0, description="first wait between two looks")
    poll_seconds_max: float = Field(default=30.0, gt=0, description="longest such wait")
    timeout_seconds: float = Field(
        default=86400.0, ge=0, description="how long jobs are waited for; they are left, not lost"
    )
    grace_seconds: float = Field(
        default=30.0, ge=0, description="how long an accepted job may be missing from the listing"
    )
    tries: int = Field(default=6, ge=1, description="of a request that fails in passing")
