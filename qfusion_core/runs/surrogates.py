"""The surrogates of a run, as backends: ``surrogate:NAME``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from qfusion_core.backends.file import Backends
from qfusion_core.plugin.reserved import SURROGATE
from qfusion_core.surrogate import store


def with_surrogates(backends: Backends, run: Path) -> Backends:
    """Backends, and those that stand for them in a run folder; a card is read when it is asked for.

    Args:
        backends: Of the file.
        run: The run folder.
    """
    options = {f"{SURROGATE}{name}": partial(_options, run, name) for name in store.names(run)}
    return backends.with_made("surrogate", options) if options else backends


def _options(run: Path, backend: str) -> dict[str, Any]:
    card = store.surrogate_card(run, backend)
    return {"run": str(run), "of": backend, "measured": card.measured}
