"""What can be done with the jobs of a run: go on with them, cancel, forget, adopt them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qfusion_core.backends.file import Backends
from qfusion_core.config.arguments import called, require_switches, texts
from qfusion_core.errors import InputError
from qfusion_core.remote.journal.presence import require_journal
from qfusion_core.workflows.job_options import JobOptions

if TYPE_CHECKING:
    from qfusion_core.remote.journal.adoption import AdoptableJournal
    from qfusion_core.remote.journal.rows.records import JobRecord
    from qfusion_core.workflows.cancelling import Cancelled


@dataclass(frozen=True)
class RunJobs:
    """The jobs of a run, by the folder of its journal; nothing is read before it is asked for.

    Attributes:
        run: Folder of the run, or of a journal.
    """

    run: Path

    def resume(
        self,
        which: str | Iterable[str] = (),
        *,
        backends_file: str | Path | None = None,
        jobs: JobOptions | None = None,
    ) -> list[JobRecord]:
        """Submit what was not sent, wait for what is not done, keep its values.

        Args:
            which: Ids of measurements, or a single one; all for none.
            backends_file: Instead of the file that is found.
            jobs: What may be spent: what is still to be sent is priced anew.

        Returns:
            The jobs that are done now.

        Raises:
            InputError: ``again`` is given: what is gone on with is not measured anew.
            JobsLeft: As asked, nobody waits.
        """
        jobs = JobOptions.of(jobs)
        jobs.refuse_again("resume")
        ids, run = _ids(which), require_journal(self.run)

        from qfusion_core.workflows.unfinished_jobs import resume_jobs

        return resume_jobs(run, ids, Backends.read(backends_file), jobs.paying(run))

    def still_open(self, which: str | Iterable[str] = ()) -> list[str]:
        """How to go on with measurements that no job is at work for, one line each.

        Args:
            which: Ids of measurements, or a single one; all for none.
        """
        ids, run = _ids(which), require_journal(self.run)

        from qfusion_core.workflows.unfinished_jobs import still_open

        return still_open(run, ids)

    def cancel(
        self,
        which: str | Iterable[str] = (),
        *,
        backends_file: str | Path | None = None,
        say: Callable[[str], None] | None = None,
    ) -> Cancelled:
        """Cancel what is not done, at the provider, too.

        Args:
            which: Ids of measurements, or a single one; all for none.
            backends_file: Instead of the file that is found.
            say: Called with a line that the user should see; it is logged if not given.

        Returns:
            What became of each job: one that the provider does not confirm is under ``asked``, one
            that could not be asked for under ``failed``, and ``confirmed`` is False then.
        """
        ids, run = _ids(which), require_journal(self.run)
        called("say", say)

        from qfusion_core.workflows.cancelling import cancel_jobs

        return cancel_jobs(run, ids, Backends.read(backends_file), say=say)

    def forget(self, which: str | Iterable[str], *, lost: bool = False) -> None:
        """Never continue these measurements nor take their values again; what they cost stays.

        Args:
            which: Ids of measurements, or a single one.
            lost: Also with jobs that may be at the provider, and cost money there.

        Raises:
            InputError: None is named: all of them are not forgotten by an empty list.
        """
        ids, run = _ids(which), require_journal(self.run)
        require_switches(lost=lost)
        if not ids:
            raise InputError("which: expected ids of measurements, as `jobs` shows them; got none")

        from qfusion_core.workflows.unfinished_jobs import forget_measurements

        forget_measurements(run, ids, lost=lost)

    def adopt(self, approve: Callable[[AdoptableJournal], None] | None = None) -> bool:
        """Take the journal over, if it was made elsewhere or changed; whether it was.

        Args:
            approve: Is shown it before, and raises to refuse; None for nobody.
        """
        from qfusion_core.remote.journal.adoption import adopt_jobs

        return bool(adopt_jobs([self.run], approve))


def _ids(which: str | Iterable[str]) -> tuple[str, ...]:
    return texts("which", which, "ids of measurements, as `jobs` shows them")
