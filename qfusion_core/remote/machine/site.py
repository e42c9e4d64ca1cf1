"""Where the jobs of a device are: what an adapter asks, at its provider or in this process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qfusion_core.remote.machine.job import Charge, Finding, Job, JobStatus, Result
from qfusion_core.remote.machine.machine_list import MachineFacts


@dataclass(frozen=True)
class SubmitHooks:
    """What a site needs of its device while it sends a job.

    Attributes:
        before_post: See `qfusion_core.RemoteDevice`.
        opened: See `qfusion_core.RemoteDevice.opened`.
        max_seconds: Time on the machine after which the provider is to end the job; None: its own
            limit.
    """

    before_post: Callable[..., None]
    opened: Callable[[str], Callable[[], None]]
    max_seconds: int | None = None


class Site(ABC):
    """A provider, a simulator in this process, or a machine that is known for plans only.

    Its methods keep the contracts of those of `qfusion_core.RemoteDevice` with the same names, and
    raise the same errors.
    """

    @abstractmethod
    def submit(self, job: Job, key: str, hooks: SubmitHooks) -> str:
        """Send or run a job; its id."""

    @abstractmethod
    def find(self, key: str) -> str | None:
        """Id of the job that was submitted under a key; None where there is none."""

    @abstractmethod
    def status(self, job_id: str) -> JobStatus:
        """How a job is; ``unknown`` where the site knows no such job."""

    @abstractmethod
    def fetch(self, job: Job, job_id: str) -> Result:
        """Values ``[rows, observables]`` of a job that is done, and the raw reply."""

    @abstractmethod
    def cancel(self, job_id: str) -> None:
        """Ask for it; one that is done already is no error."""

    @abstractmethod
    def preflight(self) -> list[Finding]:
        """What can be looked at free of charge before a job is sent."""

    def charged(self, job_id: str) -> Charge | None:
        """What was taken for a job that gave no values; None: nothing, or not told."""
        return None

    def account(self) -> str | None:
        """Whose jobs they are; None where there is none, or it is not told."""
        return None

    def secrets(self) -> Iterable[str]:
        """What must not be said besides the credentials that were given; asks nobody."""
        return []

    def close(self, opened: str) -> None:
        """Close what an earlier process has opened; nothing by default."""
        return

    def told(self) -> MachineFacts | None:
        """Facts for the list of machines, asked anew; None where there are none."""
        return None

    def properties(self) -> bytes | None:
        """The machine's document, asked anew; None where there is none."""
        return None
