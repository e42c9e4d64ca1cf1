"""The command line: ``qfusion VERB``. One small file per verb."""

from __future__ import annotations

from qfusion_core.cli.entry import main

__all__ = ["main"]
