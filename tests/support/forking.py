"""A process that has imported everything, and forks a child for each program: see `forked`.

It is sent a byte with the child's standard streams, then a JSON line: ``code`` and ``arguments``,
or ``words`` of the command line, ``environment``, ``directory`` and ``path``; it answers with the
child's number. Asked to ``wait`` for that, it answers with the exit status, the seconds that the
child has computed and the bytes that it took beyond this process. Nothing is transpiled here, and
no thread started: each child would wait for threads that it does not have.
"""

import functools
import gc
import json
import os
import resource
import socket
import sys
import traceback
import warnings
from contextlib import suppress
from pathlib import Path

from support.preloading import preload


def prepare():
    """Read once what each child would read anew: modules, boto's models of services."""
    preload(vendors=True)
    with suppress(ModuleNotFoundError):
        import botocore.loaders

        shared = functools.cache(botocore.loaders.create_loader)
        botocore.loaders.create_loader = shared
        for service in ("braket", "s3", "sts"):
            shared().load_service_model(service, "service-2")
    gc.collect()
    gc.freeze()  # no child looks through what was there before


def take_place(work, streams):
    """Become the process that was asked for."""
    for descriptor, stream in enumerate(streams):
        os.dup2(stream, descriptor)
        os.close(stream)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.clear()
    os.environ.update(work["environment"])
    os.chdir(work["directory"])
    sys.path[:] = work["path"]
    sys.argv = ["-c", *work["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, encoding="utf-8", closefd=False)
        for number, mode in ((0, "r"), (1, "w"), (2, "w"))
    )
    warnings.resetwarnings()


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def ended(pid):
    """Status, seconds and bytes of a child, when it has ended."""
    _, status, usage = os.wait4(pid, 0)
    beyond = max(0, usage.ru_maxrss * 1024 - resident())
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, beyond


def child(work, streams):
    status = 1
    try:
        take_place(work, streams)
        if work["code"] is None:
            from qfusion_core.cli import main

            main(work["words"])
        else:
            exec(compile(work["code"], "<string>", "exec"), {"__name__": "__main__"})
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def serve(connection):
    """Answer until the other end is closed."""
    lines = connection.makefile("r")
    while True:
        _, streams, _, _ = socket.recv_fds(connection, 1, 3)
        if not (line := lines.readline()):
            return
        work = json.loads(line)
        if "wait" in work:
            answer = ended(work["wait"])
        elif not (answer := os.fork()):
            connection.detach()
            child(work, streams)
        for stream in streams:
            os.close(stream)
        connection.sendall((json.dumps(answer) + "\n").encode())


if __name__ == "__main__":
    prepare()
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        connection.sendall(b"ready\n")
        serve(connection)
