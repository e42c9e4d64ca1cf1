"""``qfusion jobs resume``: go on with what a run has sent, or was to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qfusion_core.cli.job_prompts import agrees, show_price
from qfusion_core.cli.options import BackendsFile, Journal, Measurements, NoWait, Yes
from qfusion_core.cli.output import AsJson, print_json, say

if TYPE_CHECKING:
    from qfusion_core.remote.journal.rows.records import JobRecord


def resume(
    run: Journal,
    which: Measurements = None,
    yes: Yes = False,
    no_wait: NoWait = False,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Submit what was not sent, wait for what is not done, keep its values.

    What is still to be sent is priced anew and asked for, as by the verb that began it.
    """
    from qfusion_core.backends.file import Backends
    from qfusion_core.cli.job_progress import show_jobs
    from qfusion_core.remote.errors import JobsLeft
    from qfusion_core.workflows.unfinished_jobs import resume_jobs, still_open

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
        print_json({"run": str(run), "done": keys_of(done), "left": left, "open": is_open})
        return
    say(left or f"done: {names_of(done)}")
    for line in is_open:
        say(line)


def keys_of(entries: list[JobRecord]) -> list[dict[str, str | None]]:
    """Jobs, for JSON."""
    return [{"key": entry.key, "job_id": entry.job_id} for entry in entries]


def names_of(entries: list[JobRecord]) -> str:
    """Jobs, in words."""
    names = [entry.job_id or f"{entry.key} (never sent)" for entry in entries]
    return ", ".join(names) or "nothing was left"
