"""Where tasks run: at AWS, or in this process. The device talks to either through this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from qfusion_braket.machine import Machine
from qfusion_core import (
    Circuit,
    Finding,
    Job,
    JobStatus,
    MachineFacts,
    NoiseParameters,
    Result,
)


class Site(ABC):
    """One device and its tasks. Its methods raise what `RemoteDevice` asks of an adapter."""

    @abstractmethod
    def machine(self) -> Machine:
        """The device, asked once."""

    @abstractmethod
    def facts(self, circuit: Circuit) -> dict[str, Any]:
        """Of a template on it, for `qfusion estimate`: depth, two-qubit gates; as compiled here."""

    def noise(self) -> NoiseParameters | None:
        """Mean over the qubits; None where none is known. Asks nobody."""
        return None

    def properties(self) -> bytes | None:
        """The device's document, asked anew; None where there is none."""
        return None

    def told(self) -> MachineFacts | None:
        """Facts for the list of machines, asked anew; None where there are none."""
        return None

    @property
    def account(self) -> str | None:
        """Whose tasks they are; None where there is none, or it is not told."""
        return None

    @property
    def secrets(self) -> list[str]:
        """What must not be said, besides the credentials that are given."""
        return []

    @abstractmethod
    def submit(self, job: Job, key: str, before_post: Callable[..., None]) -> str:
        """Send or run a job; its id. See `qfusion_core.RemoteDevice.before_post`."""

    @abstractmethod
    def find(self, key: str) -> str | None:
        """Id of the job that was submitted under a key."""

    @abstractmethod
    def status(self, job_id: str) -> JobStatus:
        """How a job is."""

    @abstractmethod
    def fetch(self, job: Job, job_id: str) -> Result:
        """Values ``[rows, observables]`` and raw results of a job that is done."""

    @abstractmethod
    def cancel(self, job_id: str) -> None:
        """Ask for it."""

    @abstractmethod
    def findings(self) -> list[Finding]:
        """Of the preflight."""
