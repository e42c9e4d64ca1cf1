"""Which process holds a lease, and whether it is still there.

A process is told by where its number counts: the start of the system and the space of process
numbers that a container has. The name of the host says neither: it changes with the network, is the
same in two containers, and is nobody's business in a journal that is shared.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from pathlib import Path


def new_owner() -> str:
    """A name for one piece of work of this process; no two are alike."""
    return f"{_place()}/{os.getpid()}.{_started(os.getpid())}/{secrets.token_hex(4)}"


def lives(owner: str) -> bool | None:
    """Whether a process is there; None where nothing is known: it is on another machine."""
    process = _process(owner)
    if process is None:
        return False  # of an adopted journal
    place, number, started = process
    if place != _place() or os.name != "posix" or not number.isdecimal():
        return None
    try:
        os.kill(int(number), 0)  # sends nothing
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return started == _started(int(number))  # else the number is another's by now


def gone(owner: str) -> bool:
    """Whether the process is known to have ended. Of another machine nothing is known."""
    return lives(owner) is False


def same_process(first: str, second: str) -> bool:
    """Whether both names are of one process."""
    return _process(first) == _process(second)


def _process(owner: str) -> tuple[str, str, str] | None:
    """Place, number and start; None where the text names no process."""
    place, slash, process = owner.rpartition("/")[0].rpartition("/")
    number, _, started = process.partition(".")
    return (place, number, started) if slash else None


def _place() -> str:
    """Where process numbers are those of this process: not to be guessed back from its digest."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        known = f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # no Linux
        known = socket.gethostname()
    return hashlib.sha256(f"qfusion {known}".encode()).hexdigest()[:16]


def _started(number: int) -> str:
    """When a process started, in ticks; "0" where it cannot be told."""
    try:
        # the name of the program, in brackets, can hold anything
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "0"
