"""The command line in a process of its own that is killed in the middle of its jobs."""

import importlib
import os
import signal
import sys


def command_line_killed(forks, device, after, *words):
    """Exit status and error of a process that dies after so many submissions.

    They were accepted, and the journal does not know that of the last.

    Args:
        forks: See `support.forked`.
        device: ``MODULE:CLASS`` of it.
        after: So many.
        words: The command line.
    """
    done = forks.run(after, device, *words, code="from support.killed import main; main()")
    return done.returncode, done.stderr


def main():
    """In the child: ``N MODULE:CLASS WORDS...``."""
    after, device, *words = sys.argv[1:]
    module, _, name = device.partition(":")
    kind, left = getattr(importlib.import_module(module), name), int(after)
    submit = kind.submit

    def submit_and_die(self, job, key):
        nonlocal left
        job_id = submit(self, job, key)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return job_id

    kind.submit = submit_and_die
    from qfusion_core.cli import main as command_line
    from qfusion_core.remote.options import RemoteOptions

    RemoteOptions.margin_seconds = float("-inf")  # no test waits for minutes
    command_line(words)
