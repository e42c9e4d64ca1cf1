"""What is logged for the user becomes lines on standard error."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from qfusion_core.cli.output import say
from qfusion_core.notes import LOGGER, TOLD


@contextmanager
def logged_lines() -> Iterator[None]:
    """Notes, each once, and what measurements tell."""
    with ExitStack() as stack:
        stack.enter_context(_shown(LOGGER, _Notes()))
        stack.enter_context(_shown(TOLD, _Told()))
        yield


@contextmanager
def _shown(name: str, handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger(name)
    level = logger.level
    if level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Told(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage(), err=True)


class _Notes(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if line not in self._said:
            self._said.add(line)
            say(f"note: {line}", err=True)
