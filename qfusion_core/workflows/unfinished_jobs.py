"""The jobs of a run without the verb that made them: go on with them, forget them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from qfusion_core.backends.file import Backends
from qfusion_core.backends.opening import open_named
from qfusion_core.errors import InputError, QfusionError, did_you_mean
from qfusion_core.plugin.registry import Registry
from qfusion_core.printable import one_line, shown_path
from qfusion_core.remote.adapter.measurement import Measurement
from qfusion_core.remote.execution.closing import close_sessions
from qfusion_core.remote.execution.run_call import carry_out
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.opening import open_journal
from qfusion_core.remote.journal.rows.records import UNFINISHED, JobRecord
from qfusion_core.remote.planning.queued_device import QueuedDevice


def resume_jobs(
    run: str | Path,
    which: Sequence[str] | None,
    backends: Backends,
    measurement: Measurement,
) -> list[JobRecord]:
    """Submit and wait for every unfinished job; the verb then finds its values.

    What is not sent yet passes price, budget and ``approve`` like something new.

    Args:
        run: Folder of the journal.
        which: Ids of measurements; all for none.
        backends: Where they are opened.
        measurement: In that folder: what may be spent, whether to wait, who is told.

    Returns:
        The jobs that are done now.
    """
    journal = open_journal(run)
    done = []
    for queue, row in unfinished(journal, which, backends, measurement):
        if row["options"] not in queue.values_digests():
            raise InputError(
                f"backend {row['backend']!r}: its options have changed since measurement "
                f"{row['id']} began; restore them in {backends.source.path}, or give it up with "
                f"`{measurement.command('cancel', row['id'])}` and then "
                f"`{measurement.command('forget', row['id'])}`"
            )
        for call_id in dict.fromkeys(job.at for job in row["jobs"] if job.state in UNFINISHED):
            call = journal.call(call_id)
            assert call is not None
            carry_out(queue, call, call_id)
            before = {job.key for job in row["jobs"] if job.state not in UNFINISHED}
            done += [job for job in journal.jobs.of(call_id) if job.key not in before]
    return done


def still_open(run: str | Path, which: Sequence[str] | None) -> list[str]:
    """How to go on with measurements that no job is at work for, one line each."""
    lines, journal = [], open_journal(run)
    for row in chosen(journal, which):
        places = dict.fromkeys(job.at for job in row["jobs"])
        jobs = [
            job for call_id in places for job in journal.jobs.of(call_id)
        ]  # but those that others do now
        ended = [job for job in jobs if job.state in ("failed", "cancelled")]
        waited_for = [job for job in row["jobs"] if job.state in UNFINISHED]
        if row["state"] == "open" and ended and not waited_for:
            forget = Measurement(run).command("forget", row["id"])
            lines.append(
                f"measurement {row['id']} ({row['verb']}) is open, {len(ended)} of its jobs failed "
                f"or were cancelled: run the same again to send them anew, or `{forget}`"
            )
    return lines


def forget_measurements(run: str | Path, which: Sequence[str], *, lost: bool = False) -> None:
    """Give measurements up. What they have spent, and what is reserved for them, stays counted.

    Args:
        run: Folder of the journal.
        which: Ids.
        lost: Forget jobs that may be at a provider, too: they may cost money.

    Raises:
        InputError: An id that is not there; a job that may be at a provider.
    """
    journal, measurement = open_journal(run), Measurement(run)
    rows = chosen(journal, which)

    def there(name: str, job: JobRecord) -> InputError:
        return InputError(
            f"{run}: measurement {name}: job {job.job_id or job.key} may be at the provider; first "
            f"`{measurement.command('cancel', name)}`, or wait for it with resume; where nobody "
            f"can ask for it any more, `{measurement.command('forget', name, '--yes')}`"
        )

    for row in [] if lost else rows:
        for job in row["jobs"]:
            here = job.state == "submitted" and job.unreadable is None
            if here or (job.state == "intent" and job.sent is not None):
                raise there(row["id"], job)
    for row in rows:
        for job in row["jobs"]:
            if job.state == "intent" and job.sent is None:
                ended = journal.jobs.never_sent(job.key, "forgotten before it was sent")
                if not ended and not lost:  # another process has sent it since
                    raise there(row["id"], job)
        journal.set_state(row["id"], "forgotten")


def unfinished(
    journal: Journal,
    which: Sequence[str] | None,
    backends: Backends,
    measurement: Measurement,
) -> Iterator[tuple[QueuedDevice, dict[str, Any]]]:
    """Each measurement that has unfinished jobs, with its device, open.

    What earlier processes have left open at the providers is closed, also for those that have none.
    """
    registry = Registry()
    for row in chosen(journal, which):
        given_up = row["state"] == "forgotten" and row["id"] not in (which or ())
        waited_for = any(job.state in UNFINISHED for job in row["jobs"]) and not given_up
        left_open = any(journal.opened.left(name) for name in {job.backend for job in row["jobs"]})
        if waited_for or left_open:
            device = open_named(backends, row["backend"], registry, measurement)
            if not isinstance(device, QueuedDevice) or device.name != row["device"]:
                raise QfusionError(
                    f"backend {row['backend']!r} in {backends.source.path} is of type "
                    f"{device.name!r}, its jobs are of {row['device']!r}; name the file that it "
                    "was in with --backends-file"
                )
            close_sessions(device)
            if waited_for:
                yield device, row


def chosen(journal: Journal, which: Sequence[str] | None) -> list[dict[str, Any]]:
    """Measurements by their ids, or all.

    Raises:
        InputError: An id that is not there.
    """
    rows = {row["id"]: row for row in journal.measurements()}
    for name in which or ():
        if name not in rows:
            where, shown = shown_path(journal.path, 90), one_line(repr(name), 60)
            raise InputError(f"{where}: no measurement {shown}; {did_you_mean(name, rows)}")
    return [row for name, row in rows.items() if not which or name in which]


def keys_of(entries: Sequence[JobRecord]) -> list[dict[str, str | None]]:
    """Jobs, for JSON."""
    return [{"key": entry.key, "job_id": entry.job_id} for entry in entries]


def names_of(entries: Sequence[JobRecord]) -> str:
    """Jobs, in words."""
    names = [entry.job_id or f"{entry.key} (never sent)" for entry in entries]
    return ", ".join(names) or "nothing was left"
