"""Which process holds a lease, and whether it is still there."""

from __future__ import annotations

import os
import secrets
import socket


def new_owner() -> str:
    """A name for one piece of work of this process; no two are alike."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


def gone(owner: str) -> bool:
    """Whether the process is known to have ended. Of another machine nothing is known."""
    host, pid = _process(owner)
    if host != socket.gethostname() or os.name != "posix":
        return False
    try:
        os.kill(int(pid), 0)  # sends nothing
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def same_process(first: str, second: str) -> bool:
    """Whether both names are of one process."""
    return _process(first) == _process(second)


def _process(owner: str) -> tuple[str, str]:
    host, pid, _ = owner.rsplit("/", 2)
    return host, pid
