"""The jobs of a run without the verb that made them: go on with them, cancel, forget."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from qfusion_core.config.backends import Backends
from qfusion_core.errors import InputError, QfusionError, did_you_mean
from qfusion_core.registry import Registry
from qfusion_core.remote.device import RemoteDevice
from qfusion_core.remote.errors import RemoteError
from qfusion_core.remote.evaluation import carry_out
from qfusion_core.remote.fleet import Fleet
from qfusion_core.remote.intents import Entry
from qfusion_core.remote.journal import NAME, Journal
from qfusion_core.remote.measurement import Measurement, Progress
from qfusion_core.remote.owner import new_owner
from qfusion_core.remote.submission import Submission, new_asking

UNFINISHED = ("intent", "submitted")


def open_journal(run: str | Path, *, to_show: bool = False) -> Journal:
    """The journal of a folder.

    Args:
        run: The folder.
        to_show: As of `Journal`.

    Raises:
        InputError: There is none.
    """
    if not os.path.lexists(Path(run) / NAME):
        raise InputError(f"{run}: nothing was sent to a remote machine (no {NAME} in it)")
    return Journal(Path(run), to_show=to_show)


def resume_jobs(
    run: str | Path,
    which: Sequence[str] | None,
    backends: Backends,
    *,
    wait: bool = True,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> list[Entry]:
    """Submit and wait for every unfinished job; the verb then finds its values.

    Returns:
        The jobs that are done now.
    """
    journal = open_journal(run)
    done = []
    measurement = Measurement(run, wait=wait, on_progress=on_progress)
    for fleet, row in _fleets(journal, which, backends, measurement):
        if fleet.values_digest() != row["options"]:
            raise InputError(
                f"backend {row['backend']!r}: its options have changed since measurement "
                f"{row['id']} began; restore them in {backends.source.path}, or give it up with "
                f"`{measurement.command('cancel')}`"
            )
        for at in dict.fromkeys(job.at for job in row["jobs"] if job.state in UNFINISHED):
            call = journal.call(at)
            assert call is not None
            carry_out(fleet, call, at)
            before = {job.key for job in row["jobs"] if job.state not in UNFINISHED}
            done += [job for job in journal.jobs.of(at) if job.key not in before]
    return done


def cancel_jobs(run: str | Path, which: Sequence[str] | None, backends: Backends) -> list[Entry]:
    """Cancel every unfinished job, here and at the provider.

    Returns:
        The jobs that were cancelled; what a provider had finished already is not among them.

    Raises:
        RemoteError: The provider cannot be asked, or another process is submitting the job.
    """
    journal = open_journal(run)
    cancelled = []
    for fleet, row in _fleets(journal, which, backends, Measurement(run)):
        for entry in row["jobs"]:
            if entry.state not in UNFINISHED:
                continue
            device = fleet.member(entry.backend)
            ask = new_asking(device)
            job_id = entry.job_id or _unseen(device, journal, entry)
            if job_id is None:
                journal.jobs.ended(entry.key, "cancelled", "cancelled before it was sent")
                cancelled.append(entry)
                continue
            ask(lambda: device.cancel(job_id), job_id=job_id)  # noqa: B023 (called at once)
            status = ask(lambda: device.status(job_id), job_id=job_id)  # noqa: B023
            if status.state == "cancelled":
                reason = ask.hide(status.reason) or "cancelled by the user"
                journal.jobs.ended(entry.key, "cancelled", reason)
            if status.state != "done":  # a provider may take its time: the next look will tell
                cancelled.append(entry._replace(job_id=job_id))
    return cancelled


def forget_measurements(run: str | Path, which: Sequence[str]) -> None:
    """Give measurements up. What they have spent stays spent.

    Raises:
        InputError: An id that is not there; a job that may be at a provider.
    """
    journal = open_journal(run)
    for row in _chosen(journal, which):
        for job in row["jobs"]:
            at_work = job.state == "submitted" and job.unreadable is None
            if at_work or (job.state == "intent" and job.sent is not None):
                raise InputError(
                    f"{run}: measurement {row['id']}: job {job.job_id or job.key} may be at the "
                    f"provider; first `{Measurement(run).command('cancel')}`, or wait for it with "
                    "resume"
                )
        for job in row["jobs"]:
            if job.state == "intent":
                journal.jobs.ended(job.key, "cancelled", "forgotten before it was sent")
        journal.set_state(row["id"], "forgotten")


def _unseen(device: RemoteDevice, journal: Journal, entry: Entry) -> str | None:
    """Id of a job that may have been accepted without our seeing it; it is ours from now on."""
    owner = new_owner()
    claimed = journal.jobs.claim(entry.key, owner)
    if claimed is None:
        raise RemoteError(
            f"key {entry.key}: another process is submitting it",
            backend=device.bound.backend,
            next_step="stop that process, then cancel again",
        )
    job_id = Submission(device, journal.jobs, owner, "").find(claimed)
    if job_id is not None:
        journal.jobs.submitted(entry.key, job_id)
    return job_id


def _fleets(
    journal: Journal,
    which: Sequence[str] | None,
    backends: Backends,
    measurement: Measurement,
) -> Iterator[tuple[Fleet, dict[str, Any]]]:
    """Each measurement that has unfinished jobs, with its device, open."""
    registry = Registry()
    for row in _chosen(journal, which):
        if any(job.state in UNFINISHED for job in row["jobs"]):
            device = backends.open(row["backend"], registry, measurement)
            if not isinstance(device, Fleet) or device.name != row["device"]:
                raise QfusionError(
                    f"backend {row['backend']!r} in {backends.source.path} is of type "
                    f"{device.name!r}, its jobs are of {row['device']!r}; name the file that it "
                    "was in with --backends-file"
                )
            yield device, row


def _chosen(journal: Journal, which: Sequence[str] | None) -> list[dict[str, Any]]:
    rows = {row["id"]: row for row in journal.measurements()}
    for name in which or ():
        if name not in rows:
            raise InputError(f"no measurement {name!r} in the journal; {did_you_mean(name, rows)}")
    return [row for name, row in rows.items() if not which or name in which]
