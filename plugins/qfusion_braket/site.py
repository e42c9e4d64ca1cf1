"""Where tasks run: at AWS, or in this process. The device talks to either through this."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from qfusion_braket.machine import Machine
from qfusion_core import Circuit, Finding, Job, JobStatus, Result


class Site(ABC):
    """One device and its tasks. Its methods raise what `RemoteDevice` asks of an adapter."""

    @abstractmethod
    def machine(self) -> Machine:
        """The device, asked once."""

    @abstractmethod
    def facts(self, circuit: Circuit) -> dict[str, Any]:
        """Of a template on it, for `qfusion estimate`: depth, two-qubit gates; as compiled here."""

    @abstractmethod
    def submit(self, job: Job, key: str) -> str:
        """Send or run a job; its id."""

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
