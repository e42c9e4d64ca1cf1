"""Asks for one submitted job, and keeps what it gave."""

from __future__ import annotations

from typing import get_args

from qfusion_core.errors import QfusionError
from qfusion_core.remote.errors import RemoteError
from qfusion_core.remote.fleet import Fleet
from qfusion_core.remote.intents import Entry
from qfusion_core.remote.job import Call, JobStatus, Result, State
from qfusion_core.remote.planning import require_result
from qfusion_core.remote.submission import new_asking


class Desk:
    """For the jobs of one call, each asked for at its own machine.

    Args:
        fleet: The machines.
        call: The whole.
        next_step: For errors.
    """

    def __init__(self, fleet: Fleet, call: Call, next_step: str) -> None:
        self._fleet, self._call, self._next = fleet, call, next_step
        self._journal = fleet.bound.measurement.journal
        self._asks = {name: new_asking(member) for name, member in fleet.members.items()}

    def settle(self, entry: Entry) -> JobStatus:
        """The state of a submitted job, which is written down if it is the last.

        Raises:
            RemoteError: The machine cannot be asked.
        """
        job_id = str(entry.job_id)
        known = {"job_id": job_id, "next_step": self._next}
        try:
            device = self._fleet.member(entry.backend)
        except RemoteError as error:
            raise error.about(entry.backend, **known) from None
        ask = self._asks[entry.backend]
        status = ask(lambda: device.status(job_id), **known)
        if status.state not in get_args(State):
            raise QfusionError(
                f"device {device.name!r}: status returned {status.state!r}, expected one of "
                f"{', '.join(get_args(State))}; this is a fault of the device's plugin"
            )
        if status.state == "done":
            result = ask(lambda: self._fetch(entry), **known)
            self._journal.jobs.done(entry.key, result)
        elif status.state in ("failed", "cancelled"):
            reason = ask.hide(status.reason) or f"{status.state}, no reason was given"
            status = status._replace(reason=reason)
            self._journal.jobs.ended(entry.key, status.state, reason)
        return status

    def _fetch(self, entry: Entry) -> Result:
        job, device = self._journal.job(self._call, entry), self._fleet.member(entry.backend)
        result = device.fetch(job, str(entry.job_id))
        require_result(device.name, job, result)
        raw = self._asks[entry.backend].hide_bytes(result.raw)
        return Result(result.values, raw, result.qpu_seconds, result.usd)
