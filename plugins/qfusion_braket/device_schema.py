"""What is read of AWS's description of a device; the rest of it is let through unread."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    field_validator,
)

_QUBITS, _SHOTS = 1_000_000, 10**12  # more than any machine has; sums stay far from overflow
_NAME = re.compile(r"\w{1,60}")
_QUEUE = re.compile(r">?(\d{1,9})")


def _date(value: Any) -> str:
    """A date is only shown: whatever else stands there counts as none."""
    return str(value) if isinstance(value, str) and len(value) <= 40 and value.isprintable() else ""


def _names(value: Any) -> list[str]:
    """Names of gates are only shown: others than plain ones are left out."""
    items = value if isinstance(value, list) else []
    return [name for name in items if isinstance(name, str) and _NAME.fullmatch(name)][:200]


def _couplings(connectivity: Any) -> str | None:
    """Which qubits are coupled, in a word, which is only shown."""
    whole = connectivity.get("fullyConnected") if isinstance(connectivity, dict) else None
    if not isinstance(whole, bool):
        return None
    return "all to all" if whole else "neighbours"


Count = Annotated[StrictInt, Field(ge=0, le=_SHOTS)]
Text = Annotated[StrictStr, Field(max_length=100)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class DeviceCost(_Told):
    """A price in US dollars."""

    price: float = Field(strict=True, ge=0, le=1e6, allow_inf_nan=False)
    unit: Text


class ServiceTerms(_Told):
    """Terms of use."""

    shots: tuple[Count, Count] = Field(alias="shotsRange")
    reservation_shots: tuple[Count, Count] | None = Field(None, alias="reservationShotsRange")
    cost: DeviceCost | None = Field(None, alias="deviceCost")
    updated: Annotated[str, BeforeValidator(_date)] = Field("", alias="updatedAt")

    @field_validator("shots", "reservation_shots")
    @classmethod
    def _in_order(cls, span: tuple[int, int] | None) -> tuple[int, int] | None:
        if span is not None and span[0] > span[1]:
            raise ValueError(f"from {span[0]} to {span[1]}")
        return span


class SetAction(_Told):
    """A kind of program that it takes: gates of a program, limits of a program set."""

    gates: list[Text] | None = Field(None, alias="supportedOperations")
    executables: Annotated[StrictInt, Field(ge=1, le=_SHOTS)] | None = Field(
        None, alias="maximumExecutables"
    )
    shots: Annotated[StrictInt, Field(ge=1, le=_SHOTS)] | None = Field(
        None, alias="maximumTotalShots"
    )
    least: Count | None = Field(None, alias="minimumTotalShots")


class Paradigm(_Told):
    """How it computes."""

    qubits: StrictInt = Field(alias="qubitCount", ge=1, le=_QUBITS)
    gates: Annotated[list[str], BeforeValidator(_names)] = Field(
        default_factory=list, alias="nativeGateSet"
    )
    couplings: Annotated[str | None, BeforeValidator(_couplings)] = Field(
        None, alias="connectivity"
    )


class Scheme(_Told):
    """A way of error mitigation."""

    least: Count = Field(alias="minimumShots")


class Provider(_Told):
    """The vendor's own part."""

    mitigation: dict[str, Scheme] | None = Field(None, alias="errorMitigation")


class Capabilities(_Told):
    """``deviceCapabilities``."""

    action: dict[str, SetAction] = Field(default_factory=dict)
    service: ServiceTerms
    paradigm: Paradigm
    provider: Provider | None = None

    @property
    def mitigated(self) -> list[int]:
        """Fewest shots with error mitigation, as far as they are told."""
        schemes = self.provider.mitigation if self.provider is not None else None
        return [scheme.least for scheme in (schemes or {}).values()]


class Queue(_Told):
    """A queue of tasks."""

    size: str = Field(alias="queueSize", pattern=f"^{_QUEUE.pattern}$")
    priority: Text = Field("Normal", alias="queuePriority")

    @property
    def tasks(self) -> int:
        """How many wait, at least."""
        match = _QUEUE.fullmatch(self.size)
        assert match is not None
        return int(match[1])

    def __str__(self) -> str:
        return f"{self.size} tasks wait" + (" in priority" if self.priority == "Priority" else "")


def _queues(value: Any) -> list[Queue]:
    """Those of tasks. Queues are only shown: one that cannot be read leaves all of them untold."""
    try:
        own = [queue for queue in value or () if queue["queue"] == "QUANTUM_TASKS_QUEUE"]
        return [Queue.model_validate(queue) for queue in own]
    except (ValueError, TypeError, KeyError):
        return []


class DeviceReply(_Told):
    """The reply of AWS's GetDevice."""

    capabilities: StrictStr = Field(alias="deviceCapabilities")
    status: Annotated[StrictStr, Field(pattern="^[A-Z_]{1,40}$")] = Field(alias="deviceStatus")
    kind: Annotated[StrictStr, Field(pattern="^[A-Z_]{1,40}$")] = Field(alias="deviceType")
    queues: Annotated[list[Queue], BeforeValidator(_queues)] = Field(
        default_factory=list, alias="deviceQueueInfo"
    )
