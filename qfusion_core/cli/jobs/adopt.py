"""``qfusion jobs adopt``: take a journal over that was made elsewhere, or changed."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qfusion_core.cli.output import AsJson, print_json, say
from qfusion_core.printable import one_line, shown_path

if TYPE_CHECKING:
    from qfusion_core.remote.journal.adoption import AdoptableJournal

Runs = Annotated[
    list[Path], typer.Argument(metavar="RUN...", help="Folders of runs, or of journals.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Adopt without being asked.")]


def adopt(runs: Runs, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take over journals that were made elsewhere or changed. Sends nothing, approves nothing."""
    from qfusion_core.errors import InputError
    from qfusion_core.workflows.run_jobs import RunJobs

    def ask(offer: AdoptableJournal) -> None:
        _show(offer)
        if yes:
            return
        if not sys.stdin.isatty():
            raise InputError(f"{shown_path(offer.run)}: not adopted; add --yes to agree")
        typer.confirm("Adopt it?", abort=True, err=True)

    adopted = [run for run in runs if RunJobs(run).adopt(ask)]
    if as_json:
        print_json({"adopted": [str(run) for run in adopted]})
        return
    for run in runs:
        said = "adopted" if run in adopted else "is yours already"
        say(f"{shown_path(run)}: {said}")


def _show(offer: AdoptableJournal) -> None:
    """What is taken over, on standard error: states, amounts, origin."""
    say(f"{shown_path(offer.run)}: {offer.standing.why}", err=True)
    for each in offer.measurements:
        states = Counter(job.state for job in each["jobs"])
        counts = ", ".join(f"{number} {state}" for state, number in states.items())
        where = f"{one_line(each['backend'], 40)} ({one_line(each['device'], 40)})"
        say(
            f"  {each['id']}: {one_line(each['verb'], 20)} on {where}, {each['state']}; jobs: "
            f"{counts or 'none'}; made by {_origin(each['provenance'])}",
            err=True,
        )
    for backend, sums in offer.spent.items():
        say(
            f"{one_line(backend, 60)}: up to {sums.usd:.2f} USD, {sums.qpu_seconds:.1f} s of QPU "
            f"time, {sums.jobs} job(s), {sums.shots} shots count against your budget",
            err=True,
        )


def _origin(provenance: dict[str, Any]) -> str:
    """Version, commit, machine and time, as far as the journal says."""
    versions = provenance.get("versions")
    version = versions.get("qfusion") if isinstance(versions, dict) else None
    said = [version and f"qfusion {version}"]
    said += [provenance.get(name) for name in ("commit", "machine", "time")]
    return ", ".join(one_line(each, 40) for each in said if each) or "nobody knows what"
