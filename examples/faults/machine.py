"""What both vendors' machines have in common: jobs that were accepted, and their states."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from faults.events import Script

FINAL = ("done", "failed", "cancelled")


class Request(NamedTuple):
    """What a client asks; ``steps`` is the path."""

    method: str
    host: str
    steps: list[str]
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


class Reply(NamedTuple):
    """What it is told."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = {}


@dataclass
class Job:
    """A job that was accepted.

    Attributes:
        number: From 0, in the order of acceptance.
        id: The provider's.
        tag: The client's key.
        content: Digest of circuit and angles: the same for the same computation.
        account: Whose it is.
        at: When it was accepted, monotonic.
        sent: As it came.
        ended: How, if that does not follow from the time.
    """

    number: int
    id: str
    tag: str
    content: str
    account: str
    at: float
    sent: Any
    ended: str | None = None


class Machine(ABC):
    """One vendor's service.

    Attributes:
        jobs: Every job that was accepted.
        script: What goes wrong.
        seconds: How long a job takes.
        unknown_for: Seconds for which an accepted job is unknown to all but the listing.
        listed_after: Seconds until an accepted job is listed.
        ends: How jobs end, by their number, where not well: failed or cancelled.
        shots_given: Share of the shots that are measured.
        requests: How many there were of each operation.
        echo: A secret that each refusal quotes.
        errors: Its own faults.
        busy: How many requests are being carried out.
    """

    secret = ""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.script = Script()
        self.seconds = self.unknown_for = self.listed_after = 0.0
        self.ends: dict[int, str] = {}
        self.requests: Counter[str] = Counter()
        self.echo = ""
        self.errors: list[str] = []
        self.sessions: dict[str, bool] = {}
        self.busy = 0
        self.lock = threading.RLock()

    @abstractmethod
    def operation_of(self, request: Request) -> tuple[str, int | None]:
        """What is asked, and about which job."""

    @abstractmethod
    def reply(self, operation: str, request: Request) -> Reply:
        """What is answered where nothing goes wrong."""

    @abstractmethod
    def refusal(self, operation: str, status: int, text: str) -> Reply:
        """An error in the vendor's form."""

    @abstractmethod
    def exact(self, job: Job) -> np.ndarray:
        """Expectation values ``[words, rows]`` of what was sent, without noise of shots."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A request is being carried out, whether its client is still there or not."""
        with self.lock:
            self.busy += 1
        try:
            yield
        finally:
            with self.lock:
                self.busy -= 1

    def saw(self, operation: str, request: Request) -> None:
        """Count a request."""
        with self.lock:
            self.requests[operation] += 1

    def number_of(self, job_id: str) -> int | None:
        """Of a job by its id."""
        return next((job.number for job in self.jobs if job.id == job_id), None)

    def state(self, job: Job) -> str:
        """queued, running, done, failed or cancelled."""
        if job.ended:
            return job.ended
        age = time.monotonic() - job.at
        if age < self.seconds:
            return "queued" if age < self.seconds / 2 else "running"
        return self.ends.get(job.number, "done")

    def listed(self) -> Sequence[Job]:
        """Those that a listing shows, newest first."""
        late = time.monotonic() - self.listed_after
        return [job for job in reversed(self.jobs) if job.at <= late]

    def known(self, job_id: str, account: str) -> Job | None:
        """The job, if this account may see it yet."""
        job = next((job for job in self.jobs if job.id == job_id), None)
        if job is None or job.account != account:
            return None
        return None if time.monotonic() - job.at < self.unknown_for else job

    def twice(self) -> list[str]:
        """Tags of jobs that were bought again though the provider had not ended them badly."""
        bought = Counter(job.content for job in self.jobs)
        lost = Counter(job.content for job in self.jobs if self.state(job) in FINAL[1:])
        extra = {content for content, n in bought.items() if n - lost[content] > 1}
        return [job.tag for job in self.jobs if job.content in extra]
