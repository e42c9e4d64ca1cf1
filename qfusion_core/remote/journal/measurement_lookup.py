"""Which measurement of a journal is the one that is asked for, whatever release wrote it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.rows.parsed_rows import MeasurementIdentity
from qfusion_core.remote.journal.rows.records import UNFINISHED, CallId
from qfusion_core.remote.machine.job import Call


class RecordedMeasurement(NamedTuple):
    """A measurement as it is written."""

    id: str
    state: str
    about: MeasurementIdentity


def last_measurement(
    journal: Journal, about: MeasurementIdentity, digests: Sequence[str]
) -> RecordedMeasurement | None:
    """The last measurement of this kind that was not forgotten.

    Args:
        journal: Is not written to.
        about: What is asked for.
        digests: By which its options are recognised; what stands under the first comes first.
    """
    rows = [row for row in journal.measurements() if row["state"] != "forgotten"]
    for digest in digests:
        written = about._replace(options=digest)
        same = [row for row in rows if _about(row) == written]
        if same:
            return RecordedMeasurement(same[-1]["id"], same[-1]["state"], written)
    return None


def left_open(
    journal: Journal, about: MeasurementIdentity, digests: Sequence[str]
) -> dict[str, MeasurementIdentity]:
    """Open measurements, by id, that an earlier release wrote under another digest."""
    older = {about._replace(options=digest) for digest in digests[1:]}
    rows = journal.measurements() if older else []
    return {r["id"]: _about(r) for r in rows if r["state"] == "open" and _about(r) in older}


def written_as(
    journal: Journal,
    about: MeasurementIdentity,
    left: Mapping[str, MeasurementIdentity],
    call: Call,
) -> MeasurementIdentity:
    """``about`` as a single call of `left_open` is written; as it is, where it is none of them."""
    for name, written in left.items():
        stored = journal.call(CallId(name, 0))
        if stored is not None and stored.agrees(call):
            return written
    return about


def unreadable(journal: Journal, written: RecordedMeasurement) -> bool:
    """Whether nothing of an open measurement is waited for but results that cannot be read."""
    jobs = [row["jobs"] for row in journal.measurements() if row["id"] == written.id]
    waited_for = [job for own in jobs for job in own if job.state in UNFINISHED]
    found = bool(waited_for) and all(job.unreadable is not None for job in waited_for)
    return written.state == "open" and found


def beside(journal: Journal, about: MeasurementIdentity, ours: Collection[str]) -> list[str]:
    """Lines on open measurements of the same that have jobs at the provider, and are left there.

    Args:
        journal: Is not written to.
        about: A measurement that begins.
        ours: Ids that this process has opened.
    """
    lines = []
    for row in journal.measurements():
        other = _about(row)
        jobs = sum(job.state == "submitted" for job in row["jobs"])
        same = (other.verb, other.subject, other.device) == (
            about.verb,
            about.subject,
            about.device,
        )
        if same and jobs and row["state"] == "open" and row["id"] not in ours:
            why = "by that name" if other.backend != about.backend else "with other options"
            lines.append(
                f"measurement {row['id']} with {jobs} job(s) at the provider is open, of backend "
                f"{other.backend!r} {why}; a new one begins beside it"
            )
    return lines


def _about(row: Mapping[str, Any]) -> MeasurementIdentity:
    return MeasurementIdentity(*(row[name] for name in MeasurementIdentity._fields))
