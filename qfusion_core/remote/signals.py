"""A process that is told to end ends as with Ctrl-C: sessions are closed, jobs stay.

Nothing is broken off in the middle of a transaction: whoever is interrupted while a context manager
is entered never leaves it, and what it holds stays held while the exception lives.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class _Deferral:
    """Of this process, as its signals are: how many transactions are under way, what came then."""

    depth = 0
    came = False


@contextmanager
def ending_politely() -> Iterator[None]:
    """SIGTERM and SIGHUP raise `KeyboardInterrupt` inside, as SIGINT does: after a transaction.

    Where somebody has chosen otherwise (``nohup``, a handler of their own), that stays so; outside
    of the main thread nothing can be chosen.
    """
    kinds = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        kinds = []
    usual = (signal.SIG_DFL, signal.default_int_handler)
    before = {kind: signal.getsignal(kind) for kind in kinds if signal.getsignal(kind) in usual}
    for kind in before:
        signal.signal(kind, _interrupt)
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


@contextmanager
def not_interrupted() -> Iterator[None]:
    """What `ending_politely` would raise inside is raised at the end, in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _Deferral.depth += 1
    try:
        yield
    finally:
        _Deferral.depth -= 1
        if _Deferral.came and not _Deferral.depth:
            _Deferral.came = False
            raise KeyboardInterrupt


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _Deferral.depth:
        _Deferral.came = True
    else:
        raise KeyboardInterrupt
