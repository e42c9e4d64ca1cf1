"""What evaluates a call through the journal: one remote machine, or several that share it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from torch import Tensor

from qfusion_core.interfaces.device import BlackBoxDevice, Device
from qfusion_core.remote.adapter.adapter import Adapter
from qfusion_core.remote.adapter.binding import Binding
from qfusion_core.remote.errors import RemoteError
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import JobRecord, PlannedJob
from qfusion_core.remote.machine.job import Call
from qfusion_core.remote.money.price import Price

Region = tuple[tuple[int, int], tuple[int, ...]]  # rows from the first to before the last, columns


class Origin(NamedTuple):
    """Which backend gave which values of a call: rows from the first to before the last."""

    backend: str
    rows: tuple[int, int]
    columns: tuple[int, ...]


class CallResult(NamedTuple):
    """Values ``[rows, observables]`` in float64, as measured, and where they come from."""

    values: Tensor
    origins: list[Origin]


def as_queue(device: Device) -> QueuedDevice | None:
    """A device whose jobs go somewhere else; None for one that runs on this machine."""
    return device if isinstance(device, QueuedDevice) and not device.local else None


class QueuedDevice(BlackBoxDevice, ABC):
    """One machine, or several that share the rows of a call; each call goes through the journal.

    Attributes:
        paid: Whether its jobs cost money or a quota: then a budget is required, and a verb asks.
        local: Whether it runs in this process, as a snapshot of a machine does: there is nothing
            to lose, so no journal is kept and nobody is asked.
        absent: Backends that belong to it and could not be opened, and why.
        bound: Set by `open_backend`.
    """

    absent: Mapping[str, str] = MappingProxyType({})
    paid: bool = True
    local: bool = False
    rows_per_call: int | None = None  # it splits, so that a queue is waited for once
    largest = math.inf  # values of each job were looked at when they were fetched
    bound: Binding

    @property
    @abstractmethod
    def members(self) -> Mapping[str, Adapter]:
        """Its machines, open, by the names of their backends."""

    @abstractmethod
    def assign(self, call: Call) -> list[PlannedJob]:
        """The plan of a call, with prices; sends nothing.

        Raises:
            QfusionError: A plan does not cover each value once.
        """

    @abstractmethod
    def replan(
        self, call: Call, records: Sequence[JobRecord], out: Mapping[str, str]
    ) -> list[PlannedJob]:
        """Another plan for what some jobs were to do; positions count from 0.

        Args:
            call: The whole.
            records: Jobs that failed, were cancelled, or are surely not sent.
            out: Backends that may have none of it, and why.

        Raises:
            RemoteError: No machine can take it; says why not, for each.
        """

    def alone(self, call: Call, regions: Sequence[Region]) -> Mapping[str, Price]:
        """What each member that can would take for all of some regions of a call.

        None are told by a machine that has nobody to stand in for it.
        """
        return {}

    @abstractmethod
    def values_digests(self) -> tuple[str, ...]:
        """What device and options that change values are recognised by.

        See `qfusion_core.options.values_digests`.
        """

    def values_digest(self) -> str:
        """The first of them: that of today."""
        return self.values_digests()[0]

    @property
    def identity(self) -> MeasurementIdentity:
        """What its measurement is recognised by."""
        measurement = self.bound.measurement
        return MeasurementIdentity(
            measurement.verb or "call",
            measurement.subject,
            self.bound.backend,
            self.name,
            self.values_digest(),
        )

    def member(self, backend: str) -> Adapter:
        """One of its machines.

        Raises:
            RemoteError: It could not be opened.
        """
        if backend in self.members:
            return self.members[backend]
        reason = self.absent.get(backend, f"is no longer a member of {self.bound.backend}")
        raise RemoteError(reason, backend=backend)
