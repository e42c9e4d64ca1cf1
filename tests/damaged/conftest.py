"""A way to run a command line under a limit of memory and of time."""

from contextlib import ExitStack
from typing import NamedTuple

import pytest

SECONDS, BYTES = 10, 2_000_000_000
LIMITED = f"""
import signal, sys
signal.alarm({12 * SECONDS})  # a hang inside of C code ends, too
from qfusion_core.cli import main
main(sys.argv[1:])
"""


class Outcome(NamedTuple):
    """Of a command."""

    code: int
    out: str
    err: str
    seconds: float  # of computing: others may use the machine, too
    bytes: int


@pytest.fixture
def limited(forks, tmp_path):
    """Runs a command line in a child of a process which has imported what takes long.

    The child is killed after some time; what it takes of memory beyond that process is measured.
    """

    def _limited(*words, environment=None, stdin=b""):
        files = [tmp_path / name for name in ("stdin", "stdout", "stderr")]
        files[0].write_bytes(stdin)
        with ExitStack() as stack:
            streams = [
                stack.enter_context(file.open(mode))
                for file, mode in zip(files, ("rb", "wb", "wb"), strict=True)
            ]
            child = forks.start(
                *words, code=LIMITED, environment=environment,
                **dict(zip(("stdin", "stdout", "stderr"), streams, strict=True)),
            )  # fmt: skip
            status = child.wait()
        out, err = (file.read_bytes().decode() for file in files[1:])
        return Outcome(status, out, err, child.seconds, child.bytes)

    return _limited
