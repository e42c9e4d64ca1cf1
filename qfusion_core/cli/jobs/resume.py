"""``qfusion jobs resume``: go on with what a run has sent, or was to send."""

from __future__ import annotations

from qfusion_core.cli.job_prompts import agrees, say_aside, show_price
from qfusion_core.cli.options import BackendsFile, Journal, Measurements, NoWait, Yes
from qfusion_core.cli.output import AsJson, print_json, say


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
    from qfusion_core.cli.job_progress import show_jobs
    from qfusion_core.remote.errors import JobsLeft
    from qfusion_core.workflows.job_options import JobOptions
    from qfusion_core.workflows.run_jobs import RunJobs

    left, jobs = None, RunJobs(run)
    with show_jobs() as on_progress:
        try:
            options = JobOptions(
                approve=agrees(yes=yes),
                wait=not no_wait,
                on_price=show_price,
                on_progress=on_progress,
                say=say_aside,
            )
            done = jobs.resume(which or (), backends_file=backends_file, jobs=options)
        except JobsLeft as error:
            done, left = [], str(error)

    from qfusion_core.workflows.unfinished_jobs import keys_of, names_of

    is_open = [] if left else jobs.still_open(which or ())
    if as_json:
        print_json({"run": str(run), "done": keys_of(done), "left": left, "open": is_open})
        return
    say(left or f"done: {names_of(done)}")
    for line in is_open:
        say(line)
