"""Run folders near a path that is none: what may have been meant."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from qfusion_core.errors import did_you_mean
from qfusion_core.printable import shown_path

_LOOKED_AT = 500  # entries of a folder, which may be anybody's


def runs_near(path: Path) -> str:
    """End of an error message: the run folders in, beside and where `train` puts them by itself."""
    found = {
        shown_path(run) for place in (path, path.parent, Path("runs")) for run in _runs_in(place)
    }
    if not found:
        return " (in runs/, if its --out named no other)"
    return f"; {did_you_mean(shown_path(path), found)}"


def _runs_in(place: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError, ValueError), os.scandir(place) as entries:
        for entry in islice(entries, _LOOKED_AT):
            if os.path.lexists(place / entry.name / "config.yaml"):
                yield place / entry.name
