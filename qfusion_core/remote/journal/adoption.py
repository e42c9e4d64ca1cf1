"""Taking over a journal that was made elsewhere, or changed: the user looks, then says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from qfusion_core.config.arguments import called, listed
from qfusion_core.errors import InputError
from qfusion_core.printable import shown_path
from qfusion_core.remote.journal.journal import Journal
from qfusion_core.remote.journal.presence import NAME
from qfusion_core.remote.journal.sealing.ownership import Standing
from qfusion_core.remote.money.budget import Spending
from qfusion_core.storage.places import expanded


class AdoptableJournal(NamedTuple):
    """A journal that could be adopted, as it stands.

    Attributes:
        run: Its folder.
        standing: Why it is not the user's own.
        measurements: As `Journal.measurements` gives them, with their jobs and provenance.
        spent: By backend, what it says is spent or reserved: it counts against the budgets.
    """

    run: Path
    standing: Standing
    measurements: list[dict[str, Any]]
    spent: Mapping[str, Spending]


def adopt_jobs(
    runs: str | Path | Iterable[str | Path],
    approve: Callable[[AdoptableJournal], None] | None = None,
) -> list[Path]:
    """Make foreign journals the user's own: then their jobs can be resumed, their values used.

    Nothing is asked or sent, and nothing is approved: what an intent costs is asked when it is to
    be sent. Values that came with a journal stay marked as adopted.

    Args:
        runs: Folders of runs, or of journals; or a single one.
        approve: Is shown each of them before, and raises to refuse; None for nobody.

    Returns:
        The folders that were adopted; those that are the user's own already are not among them.

    Raises:
        InputError: There is no journal, or it is damaged.
    """
    adopted, show = [], called("approve", approve)
    for run in [expanded(each, "runs") for each in listed(runs)]:
        offer = _offer(run)
        if offer.standing.kind != "own":  # one that was adopted as it lay may be writable by now
            show(offer)
            Journal(run).adopt(offer.standing.content)
            adopted.append(run)
    return adopted


def _offer(run: Path) -> AdoptableJournal:
    journal = Journal(run, to_show=True)
    if not journal.path.exists():
        raise InputError(f"{shown_path(run)}: no {NAME} in it, so there is nothing to adopt")
    # the seal first: what is shown is what has this content, or adopting it is refused
    journal.check()
    standing, measurements = journal.standing(), journal.measurements()
    backends = sorted({job.backend for each in measurements for job in each["jobs"]})
    return AdoptableJournal(
        run, standing, measurements, {name: journal.spent(name) for name in backends}
    )
