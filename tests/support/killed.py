"""The command line in a process of its own that is killed in the middle of its jobs.

    python -m support.killed N MODULE:CLASS WORDS...

dies after the N-th submission of a device of that class was accepted, before the journal knows.
"""

import importlib
import os
import signal
import subprocess
import sys

from support.places import TESTS, python_path


def command_line_killed(device, after, *words):
    """Exit status of a process that dies after so many submissions."""
    done = subprocess.run(
        [sys.executable, "-m", "support.killed", str(after), device, *map(str, words)],
        env={**os.environ, "PYTHONPATH": python_path(TESTS)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


def main():
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


if __name__ == "__main__":
    main()
