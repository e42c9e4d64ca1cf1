"""Sending one job so that it is accepted once, whatever happens in between."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qfusion_core.remote.asking import Asking
from qfusion_core.remote.errors import Refused, RemoteError, SubmitUncertain, Transient
from qfusion_core.remote.intents import Entry
from qfusion_core.remote.job import Job
from qfusion_core.remote.ledger import Ledger

if TYPE_CHECKING:
    from qfusion_core.remote.device import RemoteDevice


def new_asking(device: RemoteDevice) -> Asking:
    """Asks the device's provider."""
    return Asking(device.bound.backend, device.options, device.credentials)


class _TakenOver(RemoteError):
    """Another process submits the job."""


class Submission:
    """Submits jobs of one call on behalf of one owner.

    Args:
        device: The adapter.
        ledger: Where the jobs stand.
        owner: Who submits.
        next_step: For errors.
    """

    def __init__(self, device: RemoteDevice, ledger: Ledger, owner: str, next_step: str) -> None:
        self._device, self._ledger = device, ledger
        self._owner, self._next_step = owner, next_step
        self._ask = new_asking(device)

    def send(self, job: Job, key: str) -> None:
        """Submit an intent, unless another process is at it.

        A submission of which no reply was seen, by whichever process, is looked for first.

        Raises:
            RemoteError: It cannot be submitted now; the intent stays.
        """
        entry = self._ledger.claim(key, self._owner)
        if entry is None:
            return
        try:
            self._ledger.submitted(key, self.find(entry) or self._submit(job, entry))
        except _TakenOver:
            return
        except BaseException:  # an interrupt, too: the next one to come need not wait for the lease
            self._ledger.let_go(key)
            raise

    def find(self, entry: Entry) -> str | None:
        """Id of a job that may have been accepted without our seeing it.

        A provider may list a job late: it is asked until the grace period is over.
        """
        if entry.sent is None:
            return None
        options, wait = self._device.options, self._device.options.poll_seconds
        ago = max(0.0, self._ledger.since(entry.sent))  # clocks can be set back
        left = options.grace_seconds - ago
        until = time.monotonic() + max(0.0, left)
        while True:
            found = self._ask(lambda: self._device.find(entry.key), next_step=self._next_step)
            left = until - time.monotonic()
            if found is not None or left <= 0:
                return found
            time.sleep(min(wait, left))
            wait = min(1.5 * wait, options.poll_seconds_max)

    def _submit(self, job: Job, entry: Entry) -> str:
        doubtful, tries_left = entry.sent is not None, self._device.options.tries
        while True:
            tries_left -= 1
            try:
                return self._ask(lambda: self._send(job, entry.key), next_step=self._next_step)
            except SubmitUncertain:
                doubtful = True
                claimed = self._ledger.claim(entry.key, self._owner)
                if claimed is not None and (found := self.find(claimed)) is not None:
                    return found
                if not tries_left:
                    raise
            except (Transient, Refused):
                if not doubtful:
                    self._ledger.not_sent(entry.key)
                raise

    def _send(self, job: Job, key: str) -> str:
        if not self._ledger.sending(key, self._owner):
            raise _TakenOver(f"key {key}: another process has its lease")
        return self._device.submit(job, key)
