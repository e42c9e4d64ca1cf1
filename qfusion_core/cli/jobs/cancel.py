"""``qfusion jobs cancel``: end what is not done, at the provider, too."""

from __future__ import annotations

import shlex

from qfusion_core.cli.jobs.resume import keys_of, names_of
from qfusion_core.cli.options import BackendsFile, Journal, Measurements
from qfusion_core.cli.output import AsJson, print_json, say


def cancel(
    run: Journal,
    which: Measurements = None,
    backends_file: BackendsFile = None,
    as_json: AsJson = False,
) -> None:
    """Cancel what is not done, at the provider, too; exit code 1 where it does not confirm."""
    from qfusion_core.backends.file import Backends
    from qfusion_core.remote.errors import RemoteError
    from qfusion_core.workflows.cancelling import cancel_jobs

    cancelled, asked, ended, failed = cancel_jobs(run, which, Backends.read(backends_file))
    if as_json:
        keys = {"cancelled": keys_of(cancelled), "asked": keys_of(asked), "ended": keys_of(ended)}
        print_json({"run": str(run), **keys, "left": [str(error) for error in failed]})
    else:
        if cancelled or not (asked or failed or ended):
            say(f"cancelled: {names_of(cancelled)}")
        if ended:
            say(f"had ended before: {names_of(ended)}")
    again = f"`{shlex.join(['qfusion', 'jobs', 'cancel', str(run)])}`"
    if failed:
        first, more = failed[0], f" ({len(failed)} such jobs)" if len(failed) > 1 else ""
        raise first.about(first.backend or "", None, f"nothing was changed; {again} again{more}")
    if asked:
        raise RemoteError(
            f"asked to cancel, not confirmed: {names_of(asked)}",
            next_step=f"they may run on and cost money: {again} asks again, "
            f"`{shlex.join(['qfusion', 'jobs', 'resume', str(run)])}` fetches what they give",
        )
