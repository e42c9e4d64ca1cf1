"""A surrogate beside the one that it takes the place of."""

from __future__ import annotations

from typing import Any, NamedTuple

from qfusion_core.surrogate.card import Card


class Changes(NamedTuple):
    """The surrogate before, beside the new one.

    Attributes:
        card: Of the one before.
        rms: Difference of their values at the new check rows.
        ratio: The same in standard errors of the difference: about 1 where nothing has changed;
            None where values are exact.
    """

    card: Card
    rms: float
    ratio: float | None

    @property
    def said(self) -> str:
        """In a line."""
        usual = "" if self.ratio is None else f", {self.ratio:.2f} standard errors (1 is usual)"
        return f"values differ from those before by {self.rms:.4f} (rms){usual}"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"card": self.card.model_dump(mode="json"), "rms": self.rms, "ratio": self.ratio}
