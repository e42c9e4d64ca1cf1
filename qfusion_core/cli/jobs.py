"""``qfusion jobs``: what a run has sent to remote machines."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qfusion_core.cli.adopt import adopt, say_standing
from qfusion_core.cli.list_by_default import ListByDefault
from qfusion_core.cli.options import BackendsFile, NoWait, Yes
from qfusion_core.cli.output import AsJson, print_json, print_table, say
from qfusion_core.cli.remote import agrees, show_price
from qfusion_core.cli.spending import show_spending
from qfusion_core.printable import one_line

if TYPE_CHECKING:
    from qfusion_core.remote.journal.records import JobRecord


jobs = typer.Typer(
    cls=ListByDefault,
    help="List the remote jobs of a run; resume, cancel, forget or adopt them. --all lists what "
    "all runs have spent.",
    no_args_is_help=True,
)
jobs.command()(adopt)
Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, or of a journal.")]
Some = Annotated[
    list[str] | None,
    typer.Argument(metavar="MEASUREMENT", help="Ids that the list shows; all if not given."),
]


@jobs.command("list")
def list_jobs(
    run: Annotated[
        Path | None, typer.Argument(metavar="RUN", help="Folder of a run, or of a journal.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="What all runs have spent, by backend; without RUN.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List measurements and their jobs. Asks no machine."""
    from qfusion_core.errors import InputError
    from qfusion_core.remote.journal.opening import open_journal

    if every and run is None:
        show_spending(as_json=as_json)
        return
    if run is None or every:
        raise InputError("give the folder of a run, or --all: `qfusion jobs RUN`")
    journal = open_journal(run, to_show=True)
    standing, measurements = journal.standing(), journal.measurements()
    backends = dict.fromkeys(job.backend for each in measurements for job in each["jobs"])
    spent = {backend: journal.spent(backend) for backend in backends}
    if as_json:
        for each in measurements:
            each["jobs"] = [{**job._asdict(), "at": job.at._asdict()} for job in each["jobs"]]
        counted = {backend: sums._asdict() for backend, sums in spent.items()}
        known = {"standing": standing.kind, "why": standing.why}
        print_json({"run": str(run), **known, "measurements": measurements, "spent": counted})
        return
    print_table(
        (
            "measurement", "verb", "subject", "backend", "call", "job", "state", "rows", "shots",
            "USD", "written (UTC)", "reason",
        ),
        (
            (each["id"], each["verb"], one_line(each["subject"], 40), *_cells(job))
            for each in measurements
            for job in each["jobs"]
        ),
    )  # fmt: skip
    for each in measurements:
        if each["state"] == "open" and each["jobs"]:  # none: it was refused before anything
            say(
                f"{each['id']} is open: run the same again to go on, or give up with "
                f"`{shlex.join(['qfusion', 'jobs', 'forget', str(run), each['id']])}`"
            )
        elif each["state"] == "forgotten":
            say(f"{each['id']} is forgotten")
    say_standing(run, standing, measurements)
    for backend, sums in spent.items():
        say(
            f"{backend} has spent up to {sums.usd:.2f} USD, {sums.qpu_seconds:.1f} s of QPU time, "
            f"{sums.jobs} job(s), {sums.shots} shots"
        )


@jobs.command()
def resume(
    run: Run,
    which: Some = None,
    yes: Yes = False,
    no_wait: NoWait = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Submit what was not sent, wait for what is not done, keep its values.

    What is still to be sent is priced anew and asked for, as by the verb that began it.
    """
    from qfusion_core.backends.file import Backends
    from qfusion_core.cli.progress import show_jobs
    from qfusion_core.remote.errors import JobsLeft
    from qfusion_core.workflows.jobs import resume_jobs, still_open

    left = None
    with show_jobs() as on_progress:
        try:
            done = resume_jobs(
                run,
                which,
                Backends.read(backends_file),
                wait=not no_wait,
                approve=agrees(yes=yes),
                on_price=show_price,
                on_progress=on_progress,
            )
        except JobsLeft as error:
            done, left = [], str(error)
    is_open = [] if left else still_open(run, which)
    if as_json:
        print_json({"run": str(run), "done": _keys(done), "left": left, "open": is_open})
        return
    say(left or f"done: {_names(done)}")
    for line in is_open:
        say(line)


@jobs.command()
def cancel(
    run: Run, which: Some = None, backends_file: BackendsFile = None, as_json: AsJson = False
) -> None:
    """Cancel what is not done, at the provider, too; exit code 1 where it does not confirm."""
    from qfusion_core.backends.file import Backends
    from qfusion_core.remote.errors import RemoteError
    from qfusion_core.workflows.cancelling import cancel_jobs

    cancelled, asked, ended, failed = cancel_jobs(run, which, Backends.read(backends_file))
    if as_json:
        keys = {"cancelled": _keys(cancelled), "asked": _keys(asked), "ended": _keys(ended)}
        print_json({"run": str(run), **keys, "left": [str(error) for error in failed]})
    else:
        if cancelled or not (asked or failed or ended):
            say(f"cancelled: {_names(cancelled)}")
        if ended:
            say(f"had ended before: {_names(ended)}")
    again = f"`{shlex.join(['qfusion', 'jobs', 'cancel', str(run)])}`"
    if failed:
        first, more = failed[0], f" ({len(failed)} such jobs)" if len(failed) > 1 else ""
        raise first.about(first.backend or "", None, f"nothing was changed; {again} again{more}")
    if asked:
        raise RemoteError(
            f"asked to cancel, not confirmed: {_names(asked)}",
            next_step=f"they may run on and cost money: {again} asks again, "
            f"`{shlex.join(['qfusion', 'jobs', 'resume', str(run)])}` fetches what they give",
        )


@jobs.command()
def forget(
    run: Run,
    which: Annotated[
        list[str], typer.Argument(metavar="MEASUREMENT", help="Ids that the list shows.")
    ],
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Also jobs that may be at the provider, and cost money there."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Never continue these measurements nor take their values again; what they cost stays."""
    from qfusion_core.workflows.jobs import forget_measurements

    forget_measurements(run, which, lost=yes)
    if as_json:
        print_json({"run": str(run), "forgotten": which})
    else:
        say(f"forgotten: {', '.join(which)}")


def _keys(entries: list[JobRecord]) -> list[dict[str, str | None]]:
    return [{"key": entry.key, "job_id": entry.job_id} for entry in entries]


def _names(entries: list[JobRecord]) -> str:
    names = [entry.job_id or f"{entry.key} (never sent)" for entry in entries]
    return ", ".join(names) or "nothing was left"


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
