"""A remote device that leaves its jobs to a site."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable

from typing_extensions import override

from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.machine.job import Charge, Finding, Job, JobStatus, Result
from qfusion_core.remote.machine.machine_list import MachineFacts
from qfusion_core.remote.machine.site import Site, SubmitHooks


class SiteDevice(RemoteDevice, ABC):
    """Plans and prices, and asks its site for the rest: a vendor with several kinds of sites.

    Attributes:
        site: Where jobs run; set when it is opened.
    """

    site: Site

    def max_seconds(self, job: Job) -> int | None:
        """Time on the machine after which the provider is to end a job; None: its own limit."""
        return None

    @override
    def submit(self, job: Job, key: str) -> str:
        hooks = SubmitHooks(self.before_post, self.opened, self.max_seconds(job))
        return self.site.submit(job, key, hooks)

    @override
    def find(self, key: str) -> str | None:
        return self.site.find(key)

    @override
    def status(self, job_id: str) -> JobStatus:
        return self.site.status(job_id)

    @override
    def fetch(self, job: Job, job_id: str) -> Result:
        return self.site.fetch(job, job_id)

    @override
    def cancel(self, job_id: str) -> None:
        self.site.cancel(job_id)

    @override
    def preflight(self) -> list[Finding]:
        return self.site.preflight()

    @override
    def charged(self, job_id: str) -> Charge | None:
        return self.site.charged(job_id)

    @override
    def account(self) -> str | None:
        return self.site.account()

    @override
    def secrets(self) -> Iterable[str]:
        return [*super().secrets(), *self.site.secrets()]

    @override
    def close(self, opened: str) -> None:
        self.site.close(opened)

    @override
    def told(self) -> MachineFacts | None:
        return self.site.told()

    @override
    def properties(self) -> bytes | None:
        return self.site.properties()
