"""What the user should know although nothing failed: one line each, on standard error."""

from __future__ import annotations

import logging

from qfusion_core.printable import one_line

LOGGER = "qfusion"
TOLD = "qfusion_core.told"  # lines of a measurement that nobody asked to be called with


def note(line: str) -> None:
    """Say a line, safe to print; a program that configures `logging` decides what becomes of it."""
    logging.getLogger(LOGGER).warning("%s", one_line(line))
