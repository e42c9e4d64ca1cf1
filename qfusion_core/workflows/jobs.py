"""``jobs``: what a run has sent to remote machines, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qfusion_core.config.shell_command import shell_command
from qfusion_core.printable import one_line
from qfusion_core.remote.journal.presence import require_journal
from qfusion_core.workflows.result import Table, VerbResult
from qfusion_core.workflows.run_jobs import RunJobs

if TYPE_CHECKING:
    from qfusion_core.remote.journal.rows.records import JobRecord
    from qfusion_core.remote.journal.sealing.ownership import Standing
    from qfusion_core.remote.money.budget import Spending

COLUMNS = (
    "measurement", "verb", "subject", "backend", "call", "job", "state", "rows", "shots", "USD",
    "written (UTC)", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class JobTable(RunJobs, VerbResult):
    """Measurements of a run and their jobs, as the journal held them when it was read.

    Attributes:
        run: Folder of the run, or of a journal.
        standing: Whose the journal is.
        measurements: With their jobs.
        spent: By backend.
    """

    standing: Standing
    measurements: Sequence[Mapping[str, Any]]
    spent: Mapping[str, Spending]

    def to_dict(self) -> dict[str, Any]:
        """The document of ``qfusion jobs RUN --json``."""
        measurements = [
            {**row, "jobs": [{**job._asdict(), "at": job.at._asdict()} for job in row["jobs"]]}
            for row in self.measurements
        ]
        return {
            "run": str(self.run),
            "standing": self.standing.kind,
            "why": self.standing.why,
            "measurements": measurements,
            "spent": {backend: sums._asdict() for backend, sums in self.spent.items()},
        }

    def shown(self) -> Iterator[Table | str]:
        """A row for each job, what is open, and what was spent."""
        yield Table(
            COLUMNS,
            [
                (row["id"], row["verb"], one_line(row["subject"], 40), *_cells(job))
                for row in self.measurements
                for job in row["jobs"]
            ],
        )
        for row in self.measurements:
            if row["state"] == "open" and row["jobs"]:  # none: it was refused before anything
                forget = shell_command("jobs", "forget", self.run, row["id"])
                go_on = "run the same again to go on, or give up with"
                yield f"{row['id']} is open: {go_on} `{forget}`"
            elif row["state"] == "forgotten":
                yield f"{row['id']} is forgotten"
        yield from self._not_ours()
        for backend, sums in self.spent.items():
            yield (
                f"{backend} has spent up to {sums.usd:.2f} USD, {sums.qpu_seconds:.1f} s of QPU "
                f"time, {sums.jobs} job(s), {sums.shots} shots"
            )

    def _not_ours(self) -> Iterator[str]:
        """That the journal is not the user's own, or which values are not."""
        from qfusion_core.remote.journal.sealing.ownership import NOT_OURS

        if self.standing.kind == "foreign":
            yield (
                f"the journal is not yours ({self.standing.why}): nothing is sent, and no value is "
                f"used, until `{shell_command('jobs', 'adopt', self.run)}`"
            )
        for row in self.measurements:
            if any(job.adopted for job in row["jobs"]):
                yield f"{row['id']}: {NOT_OURS}"


def jobs(run: str | Path) -> JobTable:
    """The measurements of a run and their jobs. Asks no machine.

    Args:
        run: Folder of the run, or of a journal.

    Raises:
        InputError: Nothing was sent from there, or the journal is damaged.
    """
    run = require_journal(run)

    from qfusion_core.remote.journal.opening import open_journal

    journal = open_journal(run, to_show=True)
    standing, measurements = journal.standing(), journal.measurements()
    backends = dict.fromkeys(job.backend for row in measurements for job in row["jobs"])
    spent = {backend: journal.spent(backend) for backend in backends}
    return JobTable(run, standing, measurements, spent)


def _cells(job: JobRecord) -> tuple[object, ...]:
    written = datetime.fromtimestamp(job.written, UTC)
    return (
        job.backend,
        job.at.number,
        job.job_id or "-",
        job.state,
        f"{job.rows[0] + 1}-{job.rows[1]}",
        job.price["shots"],
        _usd(job),
        f"{written:%Y-%m-%d %H:%M:%S}",
        one_line(job.reason or job.unreadable or "-"),
    )


def _usd(job: JobRecord) -> str:
    usd, charged = job.amount("usd")
    if usd is None:
        return "?"
    return f"{usd.low:.2f}" if charged else f"~{usd.low:.2f}-{usd.high:.2f}"
