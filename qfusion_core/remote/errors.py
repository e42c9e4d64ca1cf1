"""What goes wrong with a remote machine: to which job, why, and what to do next. One line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from qfusion_core.errors import QfusionError


class RemoteError(QfusionError):
    """Base of all of them.

    Adapters raise `Transient`, `SubmitUncertain` and `Refused` with a reason; the core adds the
    backend, the job and the way on.

    Attributes:
        reason: What the machine, or the network, said.
        next_step: What the user can do.
        job_id: The provider's id of the job, or ids with commas between; None where there is none.
        backend: Name of the backend.
        answered: Whether the provider told how the job is, and only what followed failed.
    """

    answered = False

    def __init__(
        self,
        reason: str,
        *,
        next_step: str = "",
        job_id: str | None = None,
        backend: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.next_step = reason, next_step
        self.job_id, self.backend = job_id, backend

    def __str__(self) -> str:
        where = [part for part in (self.backend, self.job_id and f"job {self.job_id}") if part]
        what = ": ".join([*where, self.reason.rstrip(". ")])
        return " ".join("; ".join(part for part in (what, self.next_step) if part).split())

    def about(self, backend: str, job_id: str | None, next_step: str) -> Self:
        """The same error with what the adapter did not know; what it did know is kept."""
        self.backend = self.backend or backend
        self.job_id = self.job_id or job_id
        if next_step not in self.next_step:
            self.next_step = "; ".join(part for part in (self.next_step, next_step) if part)
        return self


class Transient(RemoteError):
    """A fault that passes: the request surely had no effect, or may be repeated. It is repeated.

    Attributes:
        retry_after: Seconds that the machine asked to wait; None where it did not.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class SubmitUncertain(RemoteError):
    """A submission went out and no reply came back: a timeout, a reset, a 5xx. It may have worked.

    The core then asks `RemoteDevice.find` for a grace period before it submits again.
    """


class Unreadable(RemoteError):
    """The provider calls a job done, and what it gave is not what was asked for.

    It is read again, a few times. Then its raw data are kept, and the user can give the job up:
    nothing is made into numbers that was not checked.

    Attributes:
        raw: What was given.
    """

    def __init__(self, reason: str, raw: bytes = b"") -> None:
        super().__init__(reason)
        self.raw = raw


class Refused(RemoteError):
    """The machine said no, and would again: credentials, rights, quota, an invalid job."""


class JobFailed(RemoteError):
    """The provider accepted a job and could not run it."""


class JobCancelled(RemoteError):
    """A job was cancelled, here or at the provider."""


class JobsPending(RemoteError):
    """The wait is over, the jobs are not: they stay at the provider and can be fetched later."""


class JobsLeft(JobsPending):
    """As asked, nobody waits for the jobs: they are submitted, and can be fetched later.

    Attributes:
        measurements: Ids of the measurements that they are of, by backend; of a verb alone.
    """

    exit_code = 0
    measurements: Mapping[str, str] = {}


class BudgetError(QfusionError):
    """A plan does not fit into what is left of a budget; nothing of it was sent. Exits with 3."""

    exit_code = 3
