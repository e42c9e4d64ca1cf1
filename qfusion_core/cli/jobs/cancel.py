"""``qfusion jobs cancel``: end what is not done, at the provider, too."""

from __future__ import annotations

from qfusion_core.cli.job_prompts import say_aside
from qfusion_core.cli.options import BackendsFile, Journal, Measurements
from qfusion_core.cli.output import AsJson, print_json, say


def cancel(
    run: Journal,
    which: Measurements = None,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Cancel what is not done, at the provider, too; exit code 1 where it does not confirm."""
    from qfusion_core.workflows.run_jobs import RunJobs

    found = RunJobs(run).cancel(which or (), backends_file=backends_file, say=say_aside)
    if as_json:
        print_json(found.to_dict())
    else:
        for line in found.settled():
            say(line)
    if error := next(found.unconfirmed(), None):
        raise error
