"""Options of `surrogate`, checked when the YAML is read. Imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

import qfusion_core


class SurrogateOptions(qfusion_core.Options):
    """Options of `surrogate`."""

    neutral: ClassVar[frozenset[str]] = frozenset({"run"})  # a folder may be moved

    run: str = Field(min_length=1, description="Folder of the run that `qfusion distil` was given.")
    of: str = Field(min_length=1, description="The backend that was measured, by its name then.")
    measured: str | None = Field(
        None,
        description="Its time, as on the card: any other is refused; default: whatever is there.",
    )

    def that_change_values(self) -> dict[str, Any]:
        """See `qfusion_core.Options`: what it gives is what was measured."""
        counted = super().that_change_values()
        try:
            card = qfusion_core.surrogate_card(Path(self.run).expanduser(), self.of)
        except qfusion_core.InputError:  # it will not open either
            return counted
        return counted | {"table": card.table}
