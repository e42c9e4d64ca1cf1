"""Which measurement of a journal is the one that is asked for, whatever release wrote it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from qfusion_core.remote.intents import At
from qfusion_core.remote.job import Call
from qfusion_core.remote.journal import About, Journal
from qfusion_core.remote.schema import transaction

_SAME = "SELECT id, state FROM measurement WHERE (verb, subject, backend, device, options) = "


class Known(NamedTuple):
    """A measurement as it is written."""

    id: str
    state: str
    about: About


def known(journal: Journal, about: About, digests: Sequence[str]) -> Known | None:
    """The last measurement of this kind that was not forgotten.

    Args:
        journal: Is not written to.
        about: What is asked for.
        digests: By which its options are recognised, today's first.
    """
    if not journal.path.is_file():
        return None
    with transaction(journal.path) as db:
        for digest in digests:
            written = about._replace(options=digest)
            row = db.execute(
                f"{_SAME} (?, ?, ?, ?, ?) AND state != 'forgotten' ORDER BY rowid DESC LIMIT 1",
                written,
            ).fetchone()
            if row is not None:
                return Known(str(row["id"]), str(row["state"]), written)
    return None


def left_open(journal: Journal, about: About, digests: Sequence[str], call: Call) -> About:
    """``about`` as a single call is written that an earlier release left open, else as it is."""
    for digest in digests[1:]:
        written = about._replace(options=digest)
        with transaction(journal.path) as db:
            rows = db.execute(f"{_SAME} (?, ?, ?, ?, ?) AND state = 'open'", written).fetchall()
        for row in rows:
            stored = journal.call(At(row["id"], 0))
            if stored is not None and stored.agrees(call):
                return written
    return about


def beside(journal: Journal, about: About, ours: Collection[str]) -> list[str]:
    """Lines on open measurements of the same that have jobs at the provider, and are left there.

    Args:
        journal: Is not written to.
        about: A measurement that begins.
        ours: Ids that this process has opened.
    """
    with transaction(journal.path) as db:
        rows = db.execute(
            "SELECT id, measurement.backend AS backend, COUNT(*) AS jobs FROM measurement"
            " JOIN job ON job.measurement = id AND job.state = 'submitted'"
            " WHERE measurement.state = 'open' AND (verb, subject, device) = (?, ?, ?) GROUP BY id",
            (about.verb, about.subject, about.device),
        ).fetchall()
    lines = []
    for row in rows:
        if row["id"] not in ours:
            why = "its options were others" if row["backend"] == about.backend else "by that name"
            lines.append(
                f"measurement {row['id']} with {row['jobs']} job(s) at the provider is open, on "
                f"backend {row['backend']!r} ({why}); a new one begins beside it"
            )
    return lines
