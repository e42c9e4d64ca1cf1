"""A process that is told to end ends as with Ctrl-C: sessions are closed, jobs stay."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ending_politely() -> Iterator[None]:
    """SIGTERM and SIGHUP raise `KeyboardInterrupt` inside.

    Where somebody has chosen otherwise (``nohup``, a handler of their own), that stays so; outside
    of the main thread nothing can be chosen.
    """
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    kinds = [getattr(signal, name) for name in names]
    if threading.current_thread() is not threading.main_thread():
        kinds = []
    kinds = [kind for kind in kinds if signal.getsignal(kind) is signal.SIG_DFL]
    for kind in kinds:
        signal.signal(kind, _interrupt)
    try:
        yield
    finally:
        for kind in kinds:
            signal.signal(kind, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
