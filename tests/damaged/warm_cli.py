"""A process that has imported everything, and forks a child for each command line.

Nothing is transpiled here: the threads of Qiskit's transpiler would be missing in each child, which
would wait for them. Reads JSON on each line (``folder``, ``words``, ``environment``, ``directory``,
``path``, ``seconds``), and answers with status, seconds of computing and bytes beyond this process.
"""

import functools
import gc
import json
import os
import resource
import signal
import sys
import traceback
import warnings
from pathlib import Path

from support.preloading import preload


def read_once():
    """What each child would read anew: modules, boto's models of services."""
    import botocore.loaders

    preload(vendors=True)
    shared = functools.cache(botocore.loaders.create_loader)
    botocore.loaders.create_loader = shared
    for service in ("braket", "s3", "sts"):
        shared().load_service_model(service, "service-2")


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def child(work):
    try:
        signal.alarm(work["seconds"])  # a hang inside of C code ends, too
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.environ.clear()
        os.environ.update(work["environment"])
        os.chdir(work["directory"])
        sys.path[:] = work["path"]
        for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
            flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(Path(work["folder"]) / name, flags, 0o600), descriptor)
        names = {"encoding": "utf-8", "errors": "strict", "closefd": False}
        sys.stdin, sys.stdout, sys.stderr = (
            os.fdopen(n, mode, **names) for n, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        warnings.resetwarnings()
        from qfusion_core.cli import main

        try:
            main(work["words"])
        except SystemExit as end:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(end.code or 0))
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        sys.stderr.flush()
    finally:
        os._exit(99)


def answer(document):
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


read_once()
gc.collect()
gc.freeze()  # no child looks through what was there before
answer("ready")
for line in sys.stdin:
    before = resident()
    if not (pid := os.fork()):
        child(json.loads(line))
    _, status, usage = os.wait4(pid, 0)
    beyond = max(0, usage.ru_maxrss * 1024 - before)
    answer([status, usage.ru_utime + usage.ru_stime, beyond])
