"""A small trained model, and a way to run a command line under a limit of memory and of time."""

import functools
import os
import resource
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from support.preloading import preload

SECONDS, BYTES = 10, 2_000_000_000


class Outcome(NamedTuple):
    """Of a command."""

    code: int
    out: str
    err: str
    seconds: float  # of computing: others may use the machine, too
    bytes: int


@pytest.fixture(autouse=True, scope="module")
def read_once():
    """What each child would read anew: modules, boto's models of services."""
    import botocore.loaders

    preload(vendors=True)

    shared = functools.cache(botocore.loaders.create_loader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.loaders, "create_loader", shared)
        for service in ("braket", "s3", "sts"):
            shared().load_service_model(service, "service-2")
        yield


@pytest.fixture
def limited(tmp_path):
    """Runs a command line in a child of this process, which has imported what takes long.

    The child is killed after some time; what it takes of memory beyond this process is measured.
    """

    def _limited(*words, environment=None, stdin=b""):
        (tmp_path / "stdin").write_bytes(stdin)
        before = _resident()
        pid = os.fork()
        if pid == 0:
            _child(tmp_path, [str(word) for word in words], environment or {})
        _, status, usage = os.wait4(pid, 0)
        out, err = ((tmp_path / name).read_bytes().decode() for name in ("stdout", "stderr"))
        code = os.waitstatus_to_exitcode(status)
        taken = max(0, usage.ru_maxrss * 1024 - before)
        return Outcome(code, out, err, usage.ru_utime + usage.ru_stime, taken)

    return _limited


def _child(folder, words, environment):
    import signal
    import warnings

    try:
        signal.alarm(12 * SECONDS)  # a hang inside of C code ends, too
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.environ.update(environment)
        for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
            flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(folder / name, flags, 0o600), descriptor)
        names = {"encoding": "utf-8", "errors": "strict", "closefd": False}
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(n, mode, **names) for n, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        warnings.resetwarnings()
        from qfusion_core.cli import main

        try:
            main(words)
        except SystemExit as end:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(end.code or 0))
    except BaseException:
        import traceback

        traceback.print_exc(file=sys.stderr)
        sys.stderr.flush()
    finally:
        os._exit(99)


def _resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
