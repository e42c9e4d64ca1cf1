"""Sending one job so that it is accepted once, whatever happens in between."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from qfusion_core.remote.adapter.request_retry import retrying_caller
from qfusion_core.remote.errors import Refused, RemoteError, SubmitUncertain, Transient
from qfusion_core.remote.execution.accounts import require_account
from qfusion_core.remote.journal.rows.job_store import JobStore
from qfusion_core.remote.journal.rows.records import JobRecord
from qfusion_core.remote.journal.rows.sent_request import SentRequest
from qfusion_core.remote.machine.job import Job

if TYPE_CHECKING:
    from qfusion_core.remote.adapter.adapter import Adapter


_ID = re.compile(r"\S{1,1000}")
_SENT = 3  # times at most without a reply: each is looked for as long as the grace period


class _TakenOver(RemoteError):
    """Another process submits the job."""


class Submission:
    """Submits jobs of one call on behalf of one owner.

    Args:
        device: The adapter.
        jobs: Where the jobs stand.
        owner: Who submits.
        next_step: For errors.
    """

    def __init__(self, device: Adapter, jobs: JobStore, owner: str, next_step: str) -> None:
        self._device, self._jobs = device, jobs
        self._owner, self._next_step = owner, next_step
        self._retrying = retrying_caller(device)
        self._doubts: dict[tuple[str, float], float] = {}  # since when a lost reply is known here

    def send(self, job: Job, key: str) -> None:
        """Submit an intent, unless another process is at it.

        A submission of which no reply was seen, by whichever process, is looked for first.

        Raises:
            RemoteError: It cannot be submitted now; the intent stays.
        """
        record = self.claim(key)
        if record is None:
            return
        try:
            self._jobs.submitted(key, _plain(self.find(record) or self._submit(job, record)))
        except _TakenOver:
            return
        except BaseException:  # an interrupt, too: the next one to come need not wait for the lease
            self._jobs.let_go(key)
            raise

    def claim(self, key: str) -> JobRecord | None:
        """Take or renew the lease on an intent; None where another process has it."""
        return self._jobs.claim(key, self._owner, self._device.options.lease_seconds)

    def heed(self, records: Iterable[JobRecord]) -> None:
        """Note which submissions nobody has a reply of: the grace period of each counts from now.

        Together, so that many are waited for as long as one.
        """
        for record in records:
            if record.sent is not None:
                self._doubts.setdefault((record.key, record.sent), time.monotonic())

    def find(self, record: JobRecord) -> str | None:
        """Id of a job that another process may have sent without our seeing it.

        When that was is known by that process's clock, which may be wrong: the grace period counts
        from when we first knew of it, which is never before the request went out.

        Raises:
            Refused: It was sent in another account, where nobody can look for it from here.
        """
        if record.sent is None:
            return None
        require_account(record, self._device, self._retrying, self._next_step)
        self.heed([record])
        return self._search(record.key, self._doubts[record.key, record.sent])

    def look(self, record: JobRecord) -> str | None:
        """Id of a job that was never sent as far as this journal knows, which may be a copy.

        Nobody is asked for what this process has written itself.
        """
        if self._jobs.wrote(record.key):
            return None
        return self._retrying(lambda: self._device.find(record.key), next_step=self._next_step)

    def _search(self, key: str, lost: float) -> str | None:
        """Ask by the key until the grace period is over: a provider may list a job late.

        Args:
            key: Of the job.
            lost: When the reply was lost, as `time.monotonic` tells: not when the request was sent,
                since it may be accepted up to its very end.
        """
        options, wait = self._device.options, self._device.options.poll_seconds
        until, warned = lost + options.grace_seconds, False
        while True:
            job_id = self._retrying(lambda: self._device.find(key), next_step=self._next_step)
            remaining = until - time.monotonic()
            if job_id is not None or remaining <= 0:
                return job_id
            if not warned and remaining > 10:
                warned = True
                self._device.bound.measurement.say(
                    f"{self._device.bound.backend}: no reply to a submission; for {remaining:.0f} "
                    "s it is asked whether the job is there, then the job is sent again"
                )
            time.sleep(min(wait, remaining))
            wait = min(1.5 * wait, options.poll_seconds_max)

    def _submit(self, job: Job, record: JobRecord) -> str:
        key, tries_left = record.key, min(self._device.options.tries, _SENT)
        doubtful = record.sent is not None
        # who did not write the intent cannot know that nobody has sent it: the folder was copied,
        # or its journal is older than what happened. Nor does "later" always mean "not taken"
        look = not doubtful and not self._jobs.wrote(key)

        def send() -> str:
            nonlocal look
            if look and (job_id := self._device.find(key)) is not None:
                return job_id
            look = True
            return self._post(job, key)

        while True:
            tries_left -= 1
            try:
                return self._retrying(send, next_step=self._next_step)
            except SubmitUncertain:
                lost, doubtful = time.monotonic(), True
                if self.claim(key) is None:
                    raise _TakenOver(f"key {key}: another process has its lease") from None
                if (job_id := self._search(key, lost)) is not None:
                    return job_id
                if not tries_left:
                    raise
            except (Transient, Refused):
                if not doubtful:
                    self._jobs.not_sent(key)
                raise

    def _post(self, job: Job, key: str) -> str:
        device, account = self._device, self._device.account()

        def note(request: bytes = b"") -> None:
            began, lease = _now(), device.options.lease_seconds
            body = self._retrying.hide_bytes(request)
            sent = SentRequest(device.client(), body) if request else None
            noted = self._jobs.sending(key, self._owner, account, lease, sent)
            # a process that was stopped in between may be long past its lease
            if not noted or _now() - began >= lease:
                raise _TakenOver(f"key {key}: another process has its lease")

        if not device.says_when_it_posts:
            note()
            return _plain(device.submit(job, key))
        device.before_post = note
        try:
            return _plain(device.submit(job, key))
        finally:
            del device.before_post


def _plain(job_id: str) -> str:
    """An id, if it can be one: what else a reply holds, it does not say that nothing was taken."""
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id) or not job_id.isprintable():
        raise SubmitUncertain(f"the reply holds no id of a job: {job_id!r:.60}")
    return job_id


def _now() -> float:
    """Seconds that go on while the machine sleeps, where it can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
